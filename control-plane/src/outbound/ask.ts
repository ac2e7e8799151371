import type { Outbound } from "../ports.ts";
import { checkedAddress } from "./address.ts";
import { OutboundFailed } from "./failure.ts";

const REDIRECTS = 5;

export interface Asked {
  headers?: Record<string, string>;
  /** Of its body, at most. */
  bytes: number;
  timeoutMs: number;
}

/**
 * Asks an address outside that somebody named, with each redirect checked as the first one was. Throws AppError for what may not be
 * asked, and OutboundFailed for what does not answer. What it says of a body goes on to nobody but the caller.
 */
export async function askOutside(outbound: Outbound, url: URL, { headers = {}, bytes, timeoutMs }: Asked): Promise<Response> {
  const signal = AbortSignal.timeout(timeoutMs);
  let at = checkedAddress(url, outbound.allowed);
  for (let hops = 0; ; hops++) {
    const reply = await once(outbound, at, headers, signal);
    const location = [301, 302, 303, 307, 308].includes(reply.status) ? reply.headers.get("location") : null;
    if (location === null) return new Response(limited(reply, at, bytes), { status: reply.status, headers: reply.headers });
    await reply.body?.cancel().catch(() => {});
    if (hops === REDIRECTS) throw new OutboundFailed(`${url.host} sends on to other addresses more than ${REDIRECTS} times.`);
    if (!URL.canParse(location, at.href)) throw new OutboundFailed(`${at.host} sends on to what is no address.`);
    const next = new URL(location, at.href);
    if (at.protocol === "https:" && next.protocol !== "https:") throw new OutboundFailed(`${at.host} sends on to an unencrypted address.`);
    at = checkedAddress(next, outbound.allowed);
  }
}

async function once(outbound: Outbound, url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  try {
    return await outbound.ask(url, { "user-agent": "AppOS", "accept-encoding": "identity", ...headers }, signal);
  } catch (error) {
    if (signal.aborted) throw new OutboundFailed(`${url.host} does not answer in time.`);
    throw error;
  }
}

/** Its body, as long as it is not too long. An answer of a code that has no body has none. */
function limited(reply: Response, url: URL, bytes: number): ReadableStream<Uint8Array> | null {
  if (reply.body === null || [204, 205, 304].includes(reply.status)) return null;
  const tooLong = () => new OutboundFailed(`${url.host} answers with more than ${Math.floor(bytes / 1024)} KiB.`);
  if (Number(reply.headers.get("content-length") ?? 0) > bytes) {
    void reply.body.cancel().catch(() => {});
    throw tooLong();
  }
  let sum = 0;
  return reply.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        sum += chunk.byteLength;
        if (sum > bytes) controller.error(tooLong());
        else controller.enqueue(chunk);
      },
    }),
  );
}
