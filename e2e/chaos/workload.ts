import { setTimeout as sleep } from "node:timers/promises";
import { Refused } from "../world/api.ts";
import { wordyImage } from "./engine-front.ts";
import type { Orders } from "./orders.ts";
import type { Random } from "./random.ts";

const PEOPLE = 3;
const APPS = 5;
/** Nobody goes on asking for more while so much is still to be done. */
const WAITING_AT_MOST = 12;

export interface Asked {
  what: string;
  count: number;
  /** Answered with an error, or not at all. */
  failed: number;
}

interface Workload {
  orders: Orders;
  random: Random;
  /** Where apps may run. */
  serverIds: string[];
  stop: AbortSignal;
}

/** Several people who deploy, stop, start, restart and cancel, and ask again when they are not answered. */
export async function workload({ orders, random, serverIds, stop }: Workload): Promise<Asked[]> {
  const asked = new Map<string, Asked>();
  const apps: string[] = [];
  const mine: string[] = [];

  /** Again until it is answered, as a client does that has a key for it. */
  async function persistently<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (stop.aborted || (error instanceof Refused && error.status < 500)) throw error;
        await sleep(500);
      }
    }
  }

  const deployment = (chance: Random) =>
    chance.pick<[string, () => string]>([
      ["deploy", () => "appos-test/web:1"],
      ["deploy", () => "appos-test/web:2"],
      ["deploy what never gets healthy", () => "appos-test/sick:1"],
      ["deploy what says much", () => wordyImage(chance.between(200, 4_000), chance.between(500, 6_000))],
    ]);

  async function act(chance: Random): Promise<[string, Promise<unknown>]> {
    const app = chance.pick(apps);
    const what = chance.pick(["deploy", "deploy", "deploy", "order", "order", "cancel", "twice"] as const);
    const key = `key-${chance.between(0, 1e9)}`;
    if (what === "twice") return ["deploy, asked twice with one key", persistently(() => orders.deployTwice(app, key))];
    if (what === "order") {
      const verb = chance.pick(["stop", "start", "restart"] as const);
      return [verb, orders.order(app, verb).then(({ id }) => mine.push(id))];
    }
    if (what === "cancel" && mine.length > 0)
      return ["cancel", orders.cancel(mine[mine.length - 1 - chance.between(0, Math.min(3, mine.length - 1))]!)];
    const [name, image] = deployment(chance);
    return [name, persistently(() => orders.deploy(app, image(), key)).then(({ jobId }) => mine.push(jobId))];
  }

  async function count(what: string, answer: Promise<unknown>) {
    const entry = asked.get(what) ?? { what, count: 0, failed: 0 };
    asked.set(what, entry);
    entry.count++;
    await answer.catch(() => entry.failed++);
  }

  async function person(name: string) {
    const chance = random.branch(name);
    while (!stop.aborted) {
      await sleep(chance.between(100, 1_500));
      const busy = await orders.open().catch(() => WAITING_AT_MOST);
      if (busy < WAITING_AT_MOST && !stop.aborted) await count(...(await act(chance)));
    }
  }

  for (let i = 0; i < APPS; i++) {
    const { app, deployment } = await orders.create("app", "appos-test/web:1", { serverId: serverIds[i % serverIds.length]! });
    apps.push(app);
    mine.push(deployment.jobId);
  }
  await Promise.all(Array.from({ length: PEOPLE }, (_, i) => person(`person ${i}`)));
  return [...asked.values()];
}
