import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { until } from "../../world/until.ts";
import { check, type Invariant } from "../checker.ts";
import { entriesOf, gather } from "../facts.ts";
import { numbersIn } from "../engine-front.ts";
import { type Orders, orders } from "../orders.ts";
import { type World, world } from "../world.ts";

/** The groups of faults run side by side; within one, each is over before the next begins. */
export const fault = (name: string, body: () => Promise<void>) => test(name, { concurrent: false }, body);

export type Story = Awaited<ReturnType<typeof story>>;

/** A world of its own for a group of faults, and somebody who orders things there. */
export async function story(options: Parameters<typeof world>[0] = {}) {
  const its = await world(options);
  return { ...its, ...orders(its.admin) };
}

/** What the host shows reaches the control plane a moment later. */
const NEWS_MS = 5_000;

/** Every invariant, or these, of everything that has happened in this world so far. */
export async function expectAll(w: World & Pick<Orders, "answered">, only?: Invariant[]) {
  const violations = async () => check(await gather(w, w.answered), only);
  await until("every invariant holds", async () => (await violations()).length === 0, NEWS_MS).catch(() => {});
  expect(await violations()).toEqual([]);
}

/** It ends, and well. */
export async function succeeds(w: Story, jobId: string, within?: number) {
  const { state, error } = await w.ended(jobId, within);
  expect({ state, error }).toEqual({ state: "succeeded", error: null });
}

/** The numbered lines that a job said: as many as there were to say, none missing, none twice, in order. */
export async function expectWords({ admin }: World, jobId: string, count: number) {
  const numbers = numbersIn((await entriesOf(admin, jobId)).map(({ text }) => text));
  expect(numbers).toEqual(Array.from({ length: count }, (_, i) => i + 1));
}

/** When the ledger says that an attempt of the job has begun, or ended. */
export const inLedger = ({ ledger }: World, jobId: string, what: "start" | "end", within = 20_000) =>
  until(`the ledger has the ${what} of ${jobId}`, () => ledger().find((line) => line.job === jobId && line.what === what), within);

export const starts = ({ ledger }: World, jobId: string) => ledger().filter(({ job, what }) => job === jobId && what === "start");

export { sleep };
