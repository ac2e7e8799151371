import { ENTRY_LENGTH, type Entry } from "@appos/shared/jobs";
import type { Voice } from "./jobs/job.ts";

/** At most this many characters, each of which may take two units of a string's length. */
const PIECE = new RegExp(`[^]{1,${ENTRY_LENGTH / 2}}`, "gu");

/** Answers when to go on, where too much is on its way to the disk. */
type Say = (entry: Pick<Entry, "step" | "stream" | "text">) => Promise<void> | undefined | void;
export type StepEnd = "succeeded" | "failed" | "canceled";

/** Turns what a job says into entries: every word belongs to the step that was last begun, and every step begun is ended. */
export function voice(say: Say): Voice & { end(how: StepEnd): void } {
  let current = "";
  const end = (how: StepEnd) => {
    if (current) say({ step: current, stream: "step", text: how });
    current = "";
  };
  const pieces = (stream: Entry["stream"], text: string) =>
    (text.match(PIECE) ?? [""]).map((piece) => say({ step: current, stream, text: piece }) ?? undefined).at(-1);
  return {
    step(name) {
      end("succeeded");
      current = name;
      say({ step: name, stream: "step", text: "started" });
    },
    skip(name, why) {
      end("succeeded");
      say({ step: name, stream: "step", text: "skipped" });
      say({ step: name, stream: "note", text: why });
    },
    note: (text) => void pieces("note", text),
    line: (stream, text) => pieces(stream, text.trimEnd()),
    end,
  };
}
