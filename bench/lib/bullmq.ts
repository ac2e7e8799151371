import { Queue, QueueEvents } from "bullmq";
import { atEnd } from "./ends.ts";
import { moments } from "./moments.ts";
import type { Order } from "./orders.ts";
import { start } from "./program.ts";
import { redisAt } from "./redis.ts";

interface Began {
  id: string;
  at: number;
}

/** A queue here and a worker in another process, over one Redis. */
export async function bullmq() {
  const queue = new Queue("bench", { connection: redisAt });
  const events = new QueueEvents("bench", { connection: redisAt });
  atEnd(() => Promise.all([queue.close(), events.close()]));
  const heard = moments();
  const worker = start(process.execPath, [`${import.meta.dirname}/bullmq-worker.ts`], { talks: true });
  worker.child.on("message", ({ id, at }: Began) => heard.note(`began ${id}`, at - performance.timeOrigin));
  events.on("active", ({ jobId }) => heard.note(`active ${jobId}`, performance.now()));
  events.on("completed", ({ jobId }) => heard.note(`completed ${jobId}`, performance.now()));
  await events.waitUntilReady();
  await heard.nth("began ready", 1);

  /** Asks for a trivial job; it is taken in once this resolves. */
  return async (): Promise<Order> => {
    const asked = performance.now();
    const { id } = await queue.add("trivial", { appId: "app", name: "bench" }, { removeOnComplete: true });
    const taken = performance.now();
    const times = [heard.nth(`began ${id}`, 1), heard.nth(`active ${id}`, 1), heard.nth(`completed ${id}`, 1)] as const;
    return { outcome: Promise.all(times).then(([began, seen, done]) => ({ asked, taken, began, seen, done })) };
  };
}
