import { HANDSHAKE_MS, HEARTBEAT_MS, PING, PONG, SILENCE_MS } from "@appos/shared/agent-link";
import { WebSocket } from "ws";

/** As agent/src/link.ts waits between its attempts: full jitter. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;
const STABLE_MS = 30_000;

interface Options {
  address: string;
  protocols: string[];
  /** Of the first attempt. */
  afterMs: number;
  /** A socket is open: gives back who hears what is said on it, and calls `up` once it is a link. */
  opened(send: (text: string) => void, up: () => void): (text: string) => void;
  /** It was a link, and is none any more. */
  down(why: string): void;
}

/** A socket that is opened again for ever, with heartbeats while it is open. */
export function keepSocket({ address, protocols, afterMs, opened, down }: Options) {
  let failures = 0;
  const dial = () => {
    const began = performance.now();
    const socket = new WebSocket(address, protocols, { handshakeTimeout: HANDSHAKE_MS, perMessageDeflate: false });
    let isUp = false;
    let hear = (_: string) => {};
    let beat: NodeJS.Timeout | undefined;
    const silence = setTimeout(() => socket.terminate(), SILENCE_MS);
    let deadline: NodeJS.Timeout | undefined;
    socket.on("open", () => {
      deadline = setTimeout(() => isUp || socket.terminate(), HANDSHAKE_MS);
      beat = setInterval(() => socket.send(PING), HEARTBEAT_MS);
      hear = opened(
        (text) => socket.readyState === socket.OPEN && socket.send(text),
        () => (isUp = true),
      );
    });
    socket.on("message", (data: Buffer) => {
      silence.refresh();
      const text = data.toString();
      if (text === PING) socket.send(PONG);
      else if (text !== PONG) hear(text);
    });
    // What there is to say of it, `close` says.
    socket.on("error", () => {});
    socket.on("close", (code, reason) => {
      clearInterval(beat);
      clearTimeout(silence);
      clearTimeout(deadline);
      if (isUp) down(`${code} ${reason.toString()}`);
      failures = performance.now() - began > STABLE_MS ? 0 : failures + 1;
      setTimeout(dial, Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures));
    });
  };
  setTimeout(dial, afterMs);
}
