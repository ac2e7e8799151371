import type { Command } from "../machine/machine.ts";
import type { JobContext } from "./job.ts";

/** Runs Compose, and says what it says, which it indents. */
export const runCompose = (command: Command, { machine, say, signal }: JobContext) =>
  machine.run(command, { signal, onLine: (stream, text) => (text.trim() === "" ? undefined : say.line(stream, text.trim())) });
