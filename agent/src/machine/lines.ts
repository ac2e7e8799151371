import { StringDecoder } from "node:string_decoder";

const NEWLINE = 10;

/** Cuts bytes into lines, and lines that are longer than `limit` bytes into several. Never holds more than one line. */
export function lineSplitter(onLine: (text: string) => void, limit = 16 * 1024) {
  let decoder = new StringDecoder("utf8");
  let text = "";
  let held = 0;

  function flush(end: string) {
    const line = text + end;
    text = "";
    held = 0;
    onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
  }
  function take(bytes: Buffer) {
    for (let from = 0; from < bytes.length;) {
      const part = bytes.subarray(from, from + limit - held);
      text += decoder.write(part);
      held += part.length;
      from += part.length;
      if (held >= limit) flush("");
    }
  }

  return {
    push(chunk: Buffer) {
      let from = 0;
      for (let to = chunk.indexOf(NEWLINE); to !== -1; to = chunk.indexOf(NEWLINE, from)) {
        take(chunk.subarray(from, to));
        flush(decoder.end());
        decoder = new StringDecoder("utf8");
        from = to + 1;
      }
      take(chunk.subarray(from));
    },
    end() {
      if (held > 0 || text) flush(decoder.end());
    },
  };
}
