// A program of its own, as an agent is: says when each job began to run here. As many run side by side as a server has lanes.
import { Worker } from "bullmq";
import { redisAt } from "./redis.ts";

const worker = new Worker(
  "bench",
  async ({ id }) => {
    process.send!({ id, at: performance.timeOrigin + performance.now() });
  },
  { connection: redisAt, concurrency: 3 },
);
await worker.waitUntilReady();
process.send!({ id: "ready", at: 0 });
