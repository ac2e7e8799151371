import type { Command } from "../machine/machine.ts";
import type { JobContext } from "./job.ts";

/** Runs Compose, and says what it says, which it indents. */
export const runCompose = (command: Command, { machine, say, signal }: JobContext) =>
  machine.run(command, { signal, onLine: (stream, text) => void (text.trim() !== "" && say.line(stream, text.trim())) });
