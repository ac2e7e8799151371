// A program of its own, as an agent is: says when each job began to run here.
import { Worker } from "bullmq";
import { redisAt } from "./redis.ts";

const worker = new Worker(
  "bench",
  async ({ id }) => {
    process.send!({ id, at: performance.timeOrigin + performance.now() });
  },
  { connection: redisAt },
);
await worker.waitUntilReady();
process.send!({ id: "ready", at: 0 });
