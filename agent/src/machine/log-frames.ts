import { lineSplitter } from "./lines.ts";
import type { LogPart } from "./machine.ts";

/** Bytes of a line that are shown. */
const LINE_BYTES = 16 * 1024;
const HEADER_BYTES = 8;
const STAMP_AT_MOST = 64;
const [NEWLINE, RETURN, SPACE, DASH, T] = [10, 13, 32, 45, 84];

/** Puts Docker's log bytes together to lines: as many as each chunk completes. */
export interface LogReader {
  push(chunk: Buffer): LogPart[];
  end(): LogPart[];
}

/** Docker's log comes in pieces with a header each, or plain from a container with a terminal. */
export const logReader = (tty: boolean): LogReader => (tty ? plainLines() : framedLines());

function plainLines(): LogReader {
  let ready: LogPart[] = [];
  let stamp = "";
  const splitter = lineSplitter((line) => {
    const space = line.indexOf(" ");
    const stamped = space > 0 && space <= STAMP_AT_MOST && line.charCodeAt(4) === DASH && line.charCodeAt(10) === T;
    if (stamped) stamp = line.slice(0, space);
    ready.push({ stream: "stdout", stamp, text: stamped ? line.slice(space + 1) : line });
  }, LINE_BYTES);
  const take = () => {
    const lines = ready;
    ready = [];
    return lines;
  };
  return { push: (chunk) => (splitter.push(chunk), take()), end: () => (splitter.end(), take()) };
}

/** A header says which stream, and how many bytes follow. */
function framedLines(): LogReader {
  const lines = { stdout: assembler("stdout"), stderr: assembler("stderr") };
  let held: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      const ready: LogPart[] = [];
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      let at = 0;
      while (bytes.length - at >= HEADER_BYTES) {
        const end = at + HEADER_BYTES + bytes.readUInt32BE(at + 4);
        if (bytes.length < end) break;
        const line = lines[bytes[at] === 2 ? "stderr" : "stdout"].take(bytes.subarray(at + HEADER_BYTES, end));
        if (line) ready.push(line);
        at = end;
      }
      held = bytes.subarray(at);
      return ready;
    },
    end: () => [lines.stdout, lines.stderr].flatMap(({ rest }) => rest() ?? []),
  };
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
      const end = stampLength(piece);
      const from = end > 0 ? end + 1 : 0;
      const whole = piece[piece.length - 1] === NEWLINE;
      const stamp = piece.toString("latin1", 0, end);
      // Nearly every line comes in one piece.
      if (whole && begun === undefined && piece.length - from <= LINE_BYTES) {
        const to = piece.length - (piece[piece.length - 2] === RETURN && piece.length - 2 >= from ? 2 : 1);
        return { stream, stamp, text: piece.toString("utf8", from, to) };
      }
      const text = piece.subarray(from, whole ? -1 : undefined);
      const room = text.subarray(0, LINE_BYTES - keptBytes);
      begun ??= stamp;
      kept.push(Buffer.from(room));
      keptBytes += room.length;
      cutBytes += text.length - room.length;
      return whole ? flush() : undefined;
    },
    rest: () => (keptBytes > 0 ? flush() : undefined),
  };
}

/** How many bytes in front are the time, as Docker writes it; 0 where there is none. */
function stampLength(piece: Buffer) {
  const end = piece.indexOf(SPACE);
  return end > 0 && end <= STAMP_AT_MOST && piece[4] === DASH && piece[10] === T ? end : 0;
}
