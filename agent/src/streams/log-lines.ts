import { levelOf } from "@appos/shared/log-level";
import type { LogLine, LogNote } from "@appos/shared/logs";
import type { LogOrigin } from "../log-archive/blocks.ts";
import type { LogContext } from "./log-context.ts";
import type { Line } from "./line-budget.ts";

/** Says lines, and what there is to be said about them, one after the other: each when the reader has room for it. */
export interface LineWriter {
  lines(lines: readonly Line[]): Promise<void>;
  note(note: LogNote): Promise<void>;
}

const text = new TextEncoder();

export function lineWriter({ write }: LogContext): LineWriter {
  let turn = Promise.resolve();
  const say = (words: string) => (turn = turn.then(() => write(text.encode(words))));
  /** The containers that something was told of, and how the lines of each of their outputs begin. */
  const told = new Map<string, Record<LogLine["stream"], string>>();

  /** As JSON.stringify would write it, in half the time: there may be very many. */
  function lineOf({ origin, part }: Line): string {
    const beginnings = told.get(origin.id) ?? beginningsOf(origin);
    const level = levelOf(part.text);
    let more = level === undefined ? "" : `,"level":"${level}"`;
    if (part.near) more += ',"near":true';
    if (part.apart) more += ',"apart":true';
    if (!told.has(origin.id)) {
      told.set(origin.id, beginnings);
      more += `,"from":${JSON.stringify({ id: origin.id.slice(0, 12), release: origin.release })}`;
    }
    return `${beginnings[part.stream]},"at":${Date.parse(part.stamp) || 0},"text":${JSON.stringify(part.text)}${more}}\n`;
  }

  return {
    lines(lines) {
      let words = "";
      for (const line of lines) words += lineOf(line);
      return say(words);
    },
    note: (note) => say(`${JSON.stringify(note)}\n`),
  };
}

function beginningsOf({ service, container }: LogOrigin) {
  const beginning = (stream: LogLine["stream"]) => JSON.stringify({ service, container, stream }).slice(0, -1);
  return { stdout: beginning("stdout"), stderr: beginning("stderr") };
}
