import WebSocket from "ws";
import { AGENT_PATH, FRAME_BYTES, HANDSHAKE_MS, HEARTBEAT_MS, PING, PONG, SILENCE_MS, SUBPROTOCOL } from "@appos/shared/agent-link";
import type { Conversation, Wire } from "./conversation.ts";
import { Impostor } from "./handshake.ts";
import { outbound } from "./host/outbound.ts";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;
/** A link that held for so long was a good one: the waits begin anew. */
const STABLE_MS = 30_000;
/** Who does not answer a farewell is not waited for. */
const FAREWELL_MS = 500;

export interface LinkOptions {
  /** The control plane's. */
  url: string;
  serverId: string;
  ca: string | undefined;
  converse(wire: Wire): Conversation;
  /** Told why each attempt failed or each link ended, and when the next one comes. */
  onDown(why: string, nextInMs: number): void;
  stop: AbortSignal;
}

/** One outbound socket, opened again for ever, after a wait that grows while it cannot be opened. */
export async function keepLink(options: LinkOptions) {
  const { stop, onDown } = options;
  for (let failures = 0; !stop.aborted;) {
    const openedAt = performance.now();
    const why = await oneLink(options);
    if (stop.aborted) return;
    failures = performance.now() - openedAt > STABLE_MS ? 0 : failures + 1;
    const wait = Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
    onDown(why, wait);
    await pause(wait, stop);
  }
}

/** Resolves, with the reason, when the socket is gone. */
function oneLink({ url, serverId, ca, converse, stop }: LinkOptions): Promise<string> {
  const address = new URL(`${AGENT_PATH}?server=${serverId}`, url.replace(/^http/, "ws"));
  const socket = new WebSocket(address, [SUBPROTOCOL], {
    agent: outbound(new URL(url), { ca }),
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: FRAME_BYTES,
    perMessageDeflate: false,
    followRedirects: false,
  });
  return new Promise((gone) => {
    let conversation: Conversation | undefined;
    let why = "";
    const heartbeat = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send(PING), HEARTBEAT_MS);
    const silence = setTimeout(() => {
      why = "The control plane has not answered for a while";
      socket.terminate();
    }, SILENCE_MS);
    const hangUp = () => {
      socket.close(1000, "The agent stops");
      setTimeout(() => socket.terminate(), FAREWELL_MS).unref();
    };
    stop.addEventListener("abort", hangUp);

    socket.on("open", () => {
      conversation = converse({
        send: (text) => socket.readyState === WebSocket.OPEN && socket.send(text),
        sendBytes: (bytes) => new Promise((sent, failed) => socket.send(bytes, (error) => (error ? failed(error) : sent()))),
      });
    });
    socket.on("message", (data: Buffer, isBinary) => {
      silence.refresh();
      const text = String(data);
      if (isBinary || text === PONG) return;
      conversation?.hear(text).catch((error: unknown) => {
        // Only an impostor is the link's own affair; anything else is a fault that a new start mends.
        if (!(error instanceof Impostor)) throw error;
        why = error.message;
        socket.terminate();
      });
    });
    socket.on("error", (error) => (why ||= error.message));
    socket.on("close", (code, reason) => {
      clearInterval(heartbeat);
      clearTimeout(silence);
      stop.removeEventListener("abort", hangUp);
      conversation?.end();
      gone(why || String(reason) || `The connection was closed (${code})`);
    });
  });
}

const pause = (ms: number, stop: AbortSignal) =>
  new Promise<void>((done) => {
    const timer = setTimeout(done, ms);
    stop.addEventListener("abort", () => {
      clearTimeout(timer);
      done();
    });
  });
