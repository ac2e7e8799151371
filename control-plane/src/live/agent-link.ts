import type { AgentFrame, ControlFrame, Proof } from "@appos/shared/agent-link";
import { openStates } from "@appos/shared/jobs";
import type { Job, Link } from "../features/jobs/service.ts";
import type { Services } from "../services.ts";

const over = ({ state }: Pick<Job, "state">) => !openStates.includes(state);

/** What an agent says once it is let in, of its jobs. */
export type JobFrame = Extract<AgentFrame, { type: "accepted" | "refused" | "described" | "output" | "finished" | "logins-wanted" }>;

/** Welcomes an agent that has proved itself: from where each of its jobs goes on, and which it may forget. Nothing to a stale link. */
export async function welcome({ jobs, system }: Services, link: Link, proof: Proof): Promise<ControlFrame[] | undefined> {
  const agreed = await jobs.agree(link, proof);
  if (!agreed) return undefined;
  return [
    {
      type: "welcome",
      epoch: link.epoch,
      incarnation: (await system.incarnation()).id,
      samples: system.samples,
      logins: true,
      uptime: true,
    },
    ...agreed.resend.map(({ id, held }): ControlFrame => ({ type: "resend", jobId: id, after: held })),
    ...agreed.forget.map((jobId): ControlFrame => ({ type: "forget", jobId })),
    ...agreed.describe.map((jobId): ControlFrame => ({ type: "describe", jobId })),
  ];
}

/** What we answer to each thing an agent says of a job. Through a stale link nothing changes, and nothing is answered. */
export async function answer({ jobs, registries }: Services, link: Link, frame: JobFrame): Promise<ControlFrame[]> {
  switch (frame.type) {
    case "accepted":
      await jobs.accept(link, frame.jobId);
      return [];
    case "described": {
      const job = await jobs.adopt(link, frame.offer);
      return job && !over(job) ? [{ type: "resend", jobId: job.id, after: job.held }] : [];
    }
    case "refused":
      await jobs.refuse(link, frame.jobId, frame.error);
      return [];
    case "output": {
      const job = await jobs.hold(link, frame.jobId, frame.entries);
      if (!job) return [];
      const last = frame.entries.at(-1)!.seq;
      if (job.held >= last || over(job)) return [{ type: "ack", jobId: job.id, seq: Math.max(job.held, last) }];
      return [{ type: "resend", jobId: job.id, after: job.held }];
    }
    case "logins-wanted": {
      const logins = await registries.loginsForJob(link, frame.jobId, frame.hosts);
      return logins ? [{ type: "logins", jobId: frame.jobId, logins }] : [];
    }
    case "finished": {
      const job = await jobs.finish(link, frame.jobId, frame);
      if (!job) return [];
      return [over(job) ? { type: "forget", jobId: job.id } : { type: "resend", jobId: job.id, after: job.held }];
    }
  }
}

/** What an agent should hear without having asked. `said`: which offers this link has heard, and when. */
export async function news({ jobs }: Services, link: Link, said: Map<string, number>): Promise<ControlFrame[]> {
  const { offers, cancels } = await jobs.pending(link, said);
  return [
    ...offers.map((offer): ControlFrame => ({ type: "offer", ...offer })),
    ...cancels.map((jobId): ControlFrame => ({ type: "cancel", jobId })),
  ];
}
