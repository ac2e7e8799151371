import type { Login } from "@appos/shared/registries";
import { keepsLogs } from "../log-archive/keep.ts";
import type { Command } from "../machine/machine.ts";
import type { JobContext } from "./job.ts";

/** Runs Compose, and says what it says, which it indents. */
export const runCompose = (command: Command, { machine, say, signal }: JobContext, logins: readonly Login[] = []) =>
  machine.run(command, { signal, logins, onLine: (stream, text) => (text.trim() === "" ? undefined : say.line(stream, text.trim())) });

/** The same; of each container of a project that is removed meanwhile, the log is kept. */
export const runComposeKeepingLogs = (command: Command, project: string, { machine, say, signal }: JobContext) =>
  machine.run(command, {
    signal,
    onLine: (stream, text) => (text.trim() === "" ? undefined : say.line(stream, text.trim())),
    beforeRemoval: keepsLogs(machine, project),
  });
