import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { type Frame, frameCutter } from "./frames.ts";
import type { Random } from "./random.ts";
import { RESEND_MS, type Weather } from "./weather.ts";

interface Pump {
  from: Duplex;
  to: Duplex;
  weather: () => Weather;
  random: Random;
  /** Told of each whole frame; says how often it arrives. */
  onFrame(frame: Frame): number;
  /** Told what the first request or answer says of itself; false ends it there. */
  onHead?(head: string): boolean;
}

const WAITING_BYTES = 64 * 1024;
const SIP = 512;
const LOOK_AGAIN_MS = 25;

/** Passes on what comes from one end to the other, as its weather has it: whole frames, once the connection is a WebSocket. */
export function pump({ from, to, weather, random, onFrame, onHead = () => true }: Pump) {
  const cut = frameCutter();
  const waiting: { due: number; bytes: Buffer }[] = [];
  let [waitingBytes, lastDue] = [0, 0];
  let head: Buffer | undefined = Buffer.alloc(0);
  let isFrames = false;
  let writing = false;
  let ended = false;

  function later(bytes: Buffer) {
    const { delayMs, jitterMs, lossPercent } = weather();
    let wait = Math.max(0, delayMs + (random.next() * 2 - 1) * jitterMs);
    for (let again = RESEND_MS; random.percent(lossPercent) && again < 10_000; again *= 2) wait += again;
    lastDue = Math.max(lastDue, performance.now() + wait);
    waiting.push({ due: lastDue, bytes });
    waitingBytes += bytes.length;
    if (waitingBytes > WAITING_BYTES) from.pause();
    if (!writing) void write();
  }

  async function write() {
    writing = true;
    for (let next = waiting[0]; next && !to.destroyed; next = waiting[0]) {
      const wait = next.due - performance.now();
      if (wait > 1) await sleep(wait);
      while (weather().hole && !to.destroyed) await sleep(LOOK_AGAIN_MS);
      await pour(next.bytes);
      waiting.shift();
      waitingBytes -= next.bytes.length;
      if (waitingBytes <= WAITING_BYTES / 2 && !weather().hole) from.resume();
    }
    writing = false;
    if (ended) to.end();
  }

  async function pour(bytes: Buffer) {
    for (let at = 0; at < bytes.length && !to.destroyed;) {
      const { bytesPerSecond } = weather();
      const part = bytesPerSecond > 0 ? bytes.subarray(at, at + SIP) : bytes.subarray(at);
      at += part.length;
      if (!to.write(part)) await drained(to);
      if (bytesPerSecond > 0) await sleep((part.length / bytesPerSecond) * 1_000);
    }
  }

  const tell = (frames: Frame[]) => {
    for (const frame of frames) for (let times = onFrame(frame); times > 0; times--) later(frame.bytes);
  };

  from.on("data", (chunk: Buffer) => {
    if (head) {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n") + 4;
      if (end < 4) return;
      const text = head.toString("latin1", 0, end);
      const rest = head.subarray(end);
      const first = head.subarray(0, end);
      head = undefined;
      isFrames = /^upgrade: *websocket/im.test(text);
      if (!onHead(text)) return;
      later(first);
      chunk = rest;
    }
    if (isFrames) tell(cut(chunk));
    else if (chunk.length > 0) later(chunk);
  });
  from.on("end", () => {
    ended = true;
    if (!writing) to.end();
  });
  return {
    /** What was said before, told again as it was. */
    inject: (frames: Frame[]) => frames.forEach(({ bytes }) => later(bytes)),
  };
}

function drained(stream: Duplex) {
  return new Promise<void>((done) => {
    const over = () => {
      stream.off("drain", over).off("close", over);
      done();
    };
    stream.on("drain", over).on("close", over);
  });
}
