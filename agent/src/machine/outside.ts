import { connect } from "node:net";
import type { Outside } from "./machine.ts";

/** One answer, and its size: no provider needs more for a record. */
const [ANSWER_MS, BYTES] = [30_000, 1_000_000];

/** What this server asks of others for the certificates of its names. */
export const outside: Outside = {
  async ask({ url, method, headers, body }, signal) {
    const limit = AbortSignal.timeout(ANSWER_MS);
    try {
      const options = { method, headers: { ...headers, "user-agent": "AppOS" }, ...(body !== undefined && { body }) };
      // Who is sent elsewhere would take the token there.
      const answer = await fetch(url, { ...options, redirect: "manual", signal: AbortSignal.any([signal, limit]) });
      if (answer.status >= 300 && answer.status < 400) throw new Error("it sends on to another address");
      return { status: answer.status, text: await textOf(answer) };
    } catch (error) {
      throw wordsFor(error, limit);
    }
  },

  exchange({ host, port }, message, signal) {
    const limit = AbortSignal.timeout(ANSWER_MS);
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, signal: AbortSignal.any([signal, limit]) });
      let bytes = Buffer.alloc(0);
      // RFC 1035, 4.2.2: before each message stands how long it is.
      socket.on("connect", () => socket.write(Buffer.concat([Buffer.from([message.length >>> 8, message.length & 0xff]), message])));
      socket.on("data", (part) => {
        bytes = Buffer.concat([bytes, part]);
        if (bytes.length < 2 || bytes.length < 2 + bytes.readUInt16BE(0)) return;
        resolve(new Uint8Array(bytes.subarray(2, 2 + bytes.readUInt16BE(0))));
        socket.destroy();
      });
      socket.on("error", (error) => reject(wordsFor(error, limit)));
      socket.on("close", () => reject(new Error("it ended the connection without an answer")));
    });
  },
};

async function textOf(answer: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    size += part.length;
    if (size > BYTES) throw new Error("its answer is too long");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** `fetch` says why only behind its own words. */
function wordsFor(error: unknown, limit: AbortSignal): unknown {
  if (limit.aborted) return new Error("it did not answer in time");
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? new Error(cause.message || (cause as NodeJS.ErrnoException).code) : error;
}
