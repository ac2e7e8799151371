import { setTimeout as sleep } from "node:timers/promises";

const EVERY_MS = 50;

/** What will not come any more, however long one waits. */
export class Hopeless extends Error {}

/** Asks again until the answer is something, and gives it back. What was awaited is in the failure. */
export async function until<T>(
  what: string,
  ask: () => Promise<T> | T,
  within = 20_000,
): Promise<Exclude<T, false | null | undefined | 0 | "">> {
  let last: unknown;
  for (const end = Date.now() + within; ;) {
    try {
      const answer = await ask();
      if (answer) return answer as Exclude<T, false | null | undefined | 0 | "">;
      last = answer;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      last = error;
    }
    if (Date.now() > end) throw new Error(`Waited ${within / 1000} s in vain: ${what}. Last: ${describe(last)}`, { cause: last });
    await sleep(EVERY_MS);
  }
}

const describe = (value: unknown) => (value instanceof Error ? value.message : JSON.stringify(value));
