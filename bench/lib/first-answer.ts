import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** A server that is only just listening may leave a request lying. */
const PATIENCE_MS = 200;

/** Milliseconds from now until this address answers 200. */
export async function firstAnswer(url: string, within = 30_000): Promise<number> {
  const began = performance.now();
  for (let now = began; now - began < within; now = performance.now()) {
    if (await answers(url)) return performance.now() - began;
    await sleep(2);
  }
  throw new Error(`${url} did not answer within ${within / 1_000} s`);
}

function answers(url: string): Promise<boolean> {
  return new Promise((answer) => {
    const asked = get(url, { agent: false, timeout: PATIENCE_MS }, (reply) => {
      reply.resume();
      answer(reply.statusCode === 200);
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => answer(false));
  });
}
