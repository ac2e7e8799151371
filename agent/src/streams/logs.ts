import type { LogLine } from "@appos/shared/logs";
import type { StreamInput } from "@appos/shared/streams";
import type { Container, LogPart } from "../machine/machine.ts";
import { containersOf, followAll, type LineWriter } from "./follow-logs.ts";
import type { StreamContext, StreamHandler } from "./stream.ts";

/** What of a container's past is held in memory, to be put in order with the others'. */
const PAST_BYTES = 8 * 1024 * 1024;

/** The log of an app, or of one of its services: what was said, in order of time, then what is said, as it is said. */
export const logs: StreamHandler<"logs"> = async (input, context) => {
  const begun = context.machine.now();
  const write = lineWriter(context);
  const past = input.tail === 0 ? [] : await readPast(input, context);
  const last = new Map<string, string>();
  for (const { container, part } of past) last.set(container.id, part.stamp);
  for (const { container, part } of past.slice(-input.tail)) await write(container, part);
  // Without a look at the past, only what is said from now on counts.
  if (input.follow) await followAll(input, context, last, input.tail === 0 ? begun : undefined, write);
};

const text = new TextEncoder();

/** One line after the other, each when the reader has room for it. */
function lineWriter({ write }: StreamContext): LineWriter {
  let turn = Promise.resolve();
  return ({ status }, { stream, stamp, text: said }) => {
    const line: LogLine = { service: status.service, container: status.container, stream, at: Date.parse(stamp) || 0, text: said };
    return (turn = turn.then(() => write(text.encode(`${JSON.stringify(line)}\n`))));
  };
}

async function readPast(input: StreamInput<"logs">, context: StreamContext) {
  const containers = await containersOf(input, context);
  const logs = await Promise.all(containers.map((container) => pastOf(container, input, context)));
  return logs.flat().sort((a, b) => (a.part.stamp < b.part.stamp ? -1 : a.part.stamp > b.part.stamp ? 1 : 0));
}

async function pastOf(container: Container, { tail, since }: StreamInput<"logs">, { machine, signal }: StreamContext) {
  const lines: { container: Container; part: LogPart }[] = [];
  let bytes = 0;
  const keep = async (part: LogPart) => {
    lines.push({ container, part });
    bytes += part.text.length;
    while (bytes > PAST_BYTES) bytes -= lines.shift()!.part.text.length;
  };
  await machine.engine.logs(container, { tail, since, follow: false }, keep, signal);
  return lines;
}
