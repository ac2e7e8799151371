import { lineSplitter } from "./lines.ts";
import type { LogPart } from "./machine.ts";

/** Bytes of a line that are shown. */
const LINE_BYTES = 16 * 1024;
const HEADER_BYTES = 8;
const STAMP_AT_MOST = 64;
const NEWLINE = 10;

/** Docker's log bytes, as lines: in pieces with a header each, or plain from a container with a terminal. */
export async function* logFrames(bytes: AsyncIterable<Buffer | string>, tty: boolean): AsyncGenerator<LogPart> {
  if (tty) return yield* plainLines(bytes);
  const lines = { stdout: assembler("stdout"), stderr: assembler("stderr") };
  for await (const { stream, piece } of pieces(bytes)) {
    const part = lines[stream].take(piece);
    if (part) yield part;
  }
  for (const { rest } of [lines.stdout, lines.stderr]) {
    const part = rest();
    if (part) yield part;
  }
}

async function* plainLines(bytes: AsyncIterable<Buffer | string>): AsyncGenerator<LogPart> {
  const ready: LogPart[] = [];
  let stamp = "";
  const splitter = lineSplitter((line) => {
    const end = stampLength(line);
    stamp = end > 0 ? line.slice(0, end) : stamp;
    ready.push({ stream: "stdout", stamp, text: end > 0 ? line.slice(end + 1) : line });
  }, LINE_BYTES);
  for await (const chunk of bytes) {
    splitter.push(chunk as Buffer);
    yield* ready.splice(0);
  }
  splitter.end();
  yield* ready;
}

/** A header says which stream, and how many bytes follow. */
async function* pieces(bytes: AsyncIterable<Buffer | string>): AsyncGenerator<{ stream: LogPart["stream"]; piece: Buffer }> {
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    held = held.length === 0 ? (chunk as Buffer) : Buffer.concat([held, chunk as Buffer]);
    while (held.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + held.readUInt32BE(4);
      if (held.length < end) break;
      yield { stream: held[0] === 2 ? "stderr" : "stdout", piece: held.subarray(HEADER_BYTES, end) };
      held = held.subarray(end);
    }
  }
}

/** Puts the pieces of one stream together. Docker cuts a long line in pieces and stamps each; only the last ends with a newline. */
function assembler(stream: LogPart["stream"]) {
  let begun: string | undefined;
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let cutBytes = 0;

  function flush(): LogPart {
    const line = Buffer.concat(kept).toString("utf8").replace(/\r$/, "");
    const part = { stream, stamp: begun ?? "", text: cutBytes > 0 ? `${line} … (${cutBytes} bytes more)` : line };
    begun = undefined;
    kept = [];
    keptBytes = cutBytes = 0;
    return part;
  }

  return {
    take(piece: Buffer): LogPart | undefined {
      const end = stampLength(piece.toString("latin1", 0, STAMP_AT_MOST));
      const whole = piece.at(-1) === NEWLINE;
      const text = piece.subarray(end > 0 ? end + 1 : 0, whole ? -1 : undefined);
      const room = text.subarray(0, LINE_BYTES - keptBytes);
      begun ??= piece.toString("latin1", 0, end);
      kept.push(Buffer.from(room));
      keptBytes += room.length;
      cutBytes += text.length - room.length;
      return whole ? flush() : undefined;
    },
    rest: () => (keptBytes > 0 ? flush() : undefined),
  };
}

/** How many characters in front are the time; 0 where there is none. */
function stampLength(line: string) {
  const end = line.slice(0, STAMP_AT_MOST).indexOf(" ");
  return end > 0 && !Number.isNaN(Date.parse(line.slice(0, end))) ? end : 0;
}
