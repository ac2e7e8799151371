import { Queue, QueueEvents } from "bullmq";
import { atEnd } from "./ends.ts";
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
  const worker = start(process.execPath, [`${import.meta.dirname}/bullmq-worker.ts`], { talks: true });
  const began = new Map<string, number>();
  const active = new Map<string, number>();
  let wake = () => {};
  worker.child.on("message", ({ id, at }: Began) => {
    began.set(id, at - performance.timeOrigin);
    wake();
  });
  events.on("active", ({ jobId }) => {
    active.set(jobId, performance.now());
    wake();
  });
  const all = async (id: string) => {
    while (!began.has(id) || !active.has(id)) await new Promise<void>((resolve) => (wake = resolve));
    return { began: began.get(id)!, active: active.get(id)! };
  };
  await events.waitUntilReady();
  active.set("ready", 0);
  await all("ready");

  return {
    /** Asks for a trivial job, and says when it was asked for, taken in, begun, and seen to be running from here. */
    async once() {
      const asked = performance.now();
      const job = await queue.add("trivial", { appId: "app", name: "bench" }, { removeOnComplete: true });
      const taken = performance.now();
      return { asked, taken, ...(await all(job.id!)) };
    },
  };
}
