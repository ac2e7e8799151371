import type { LogLine } from "@appos/shared/logs";
import type { StreamInput } from "@appos/shared/streams";
import type { Container, LogPart } from "../machine/machine.ts";
import { containersOf, followAll, type LinesWriter, type LogContext } from "./follow-logs.ts";
import { type Line, lineBudget } from "./line-budget.ts";

/** What of the past is held in memory, to be put in order: of all containers, and by all who read at the same time. */
const reader = lineBudget(16 * 1024 * 1024, 512 * 1024);

/** The log of an app, or of one of its services: what was said, in order of time, then what is said, as it is said. */
export async function logs(input: StreamInput<"logs">, context: LogContext) {
  const begun = context.machine.now();
  const write = linesWriter(context);
  const last = new Map<string, string>();
  if (input.tail > 0) await writePast(input, context, last, write);
  // Without a look at the past, only what is said from now on counts.
  if (input.follow) await followAll(input, context, last, input.tail === 0 ? begun : undefined, write);
}

const text = new TextEncoder();

/** The lines that came together after those before, when the reader has room for them. */
function linesWriter({ write }: LogContext): LinesWriter {
  let turn = Promise.resolve();
  return ({ status: { service, container } }, parts) => {
    let lines = "";
    for (const { stream, stamp, text: said } of parts) {
      const line: LogLine = { service, container, stream, at: Date.parse(stamp) || 0, text: said };
      lines += `${JSON.stringify(line)}\n`;
    }
    return (turn = turn.then(() => write(text.encode(lines))));
  };
}

/** One container's past goes by as it is read; that of several is put in order first. */
async function writePast(input: StreamInput<"logs">, context: LogContext, last: Map<string, string>, write: LinesWriter) {
  const containers = await containersOf(input, context);
  const [only, ...more] = containers;
  if (only && more.length === 0) {
    const pass = (parts: LogPart[]) => {
      last.set(only.id, parts.at(-1)!.stamp);
      return write(only, parts);
    };
    const { tail, since } = input;
    return context.machine.engine.logs(only, { tail, since, follow: false }, pass, context.signal);
  }
  const held = reader();
  try {
    await Promise.all(containers.map((container) => readPast(container, input, context, held.pile())));
    const past = held.lines().sort((a, b) => (a.part.stamp < b.part.stamp ? -1 : a.part.stamp > b.part.stamp ? 1 : 0));
    for (const { container, part } of past) last.set(container.id, part.stamp);
    for (const line of past.slice(-input.tail)) {
      await write(line.container, [line.part]);
      held.passed(line);
    }
  } finally {
    held.end();
  }
}

async function readPast(
  container: Container,
  { tail, since }: StreamInput<"logs">,
  { machine, signal }: LogContext,
  hold: (line: Line) => void,
) {
  const keep = async (parts: LogPart[]) => {
    for (const part of parts) hold({ container, part });
  };
  await machine.engine.logs(container, { tail, since, follow: false }, keep, signal);
}
