import type { JobInput, JobKind, JobResult } from "@appos/shared/jobs";
import type { Login } from "@appos/shared/registries";
import type { Machine } from "../machine/machine.ts";

/** What a job says as it goes on. Every word belongs to the step that was last begun. */
export interface Voice {
  /** Begins a step, and says that the one before succeeded. */
  step(name: string): void;
  /** The step that follows was not needed. */
  skip(name: string, why: string): void;
  /** Ends the step that was begun, where it did not simply succeed and another follows. */
  end(how: "succeeded" | "failed" | "canceled"): void;
  /** The agent's own words. */
  note(text: string): void;
  /** A line of a program's output. Answers when to go on, where it speaks faster than the disk writes. */
  line(stream: "stdout" | "stderr", text: string): Promise<void> | undefined;
}

/** For what is done besides a job. */
export const silence: Voice = { step() {}, skip() {}, end() {}, note() {}, line: () => undefined };

/** What every job handler is given besides its input. */
export interface JobContext {
  machine: Machine;
  say: Voice;
  /** Aborted when the job is canceled or its time is up. */
  signal: AbortSignal;
  /**
   * Who this server is to these registries. Undefined where its control plane cannot be asked now, or only longer than `patienceMs`;
   * left out where nobody can be asked at all.
   */
  logins?: (hosts: string[], patienceMs: number) => Promise<Login[] | undefined>;
  /** Asked for by root on this server, whom the policy does not bind. */
  byRoot?: boolean;
  /** 1 on the first try; more when the agent or the host went down in the middle. */
  attempt: number;
}

/** The one shape of every job: input in, result back; throw a JobFailure to fail with a code. */
export type JobHandler<K extends JobKind> = (input: JobInput<K>, context: JobContext) => Promise<JobResult<K>>;
export type JobHandlers = { [K in JobKind]: JobHandler<K> };
