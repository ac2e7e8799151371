import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { AppView } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import type { JobView } from "@appos/shared/jobs";
import { appos } from "./lib/appos.ts";
import { bullmq } from "./lib/bullmq.ts";
import { listen } from "./lib/events.ts";
import { folder, until } from "./lib/places.ts";
import { question, row, times } from "./lib/question.ts";
import { redis } from "./lib/redis.ts";

/** In turn: so many of ours, so many of theirs. */
const BLOCK = 10;
const NOTHING = `services:
  web:
    image: bench-nothing:0
    pull_policy: never
`;

await question("How long from a request for a job until it runs on the server, safe on both sides?", async () => {
  const [controls] = await Promise.all([appos({ agent: true }), redis()]);
  const ours = await dispatcher(controls);
  const theirs = await bullmq();
  const theirJobs: Awaited<ReturnType<typeof theirs.once>>[] = [];
  const ourJobs: Awaited<ReturnType<typeof ours>>[] = [];
  for (let warm = 0; warm < BLOCK; warm++) await Promise.all([ours(), theirs.once()]);
  for (const _ of Array(times(400) / BLOCK)) {
    for (let n = 0; n < BLOCK; n++) ourJobs.push(await ours());
    for (let n = 0; n < BLOCK; n++) theirJobs.push(await theirs.once());
  }

  const budget = {
    says: "p50 and p99 ≤ 1 × BullMQ",
    keeps: ({ ratio }: { ratio?: { p50: number; p99: number } }) => ratio!.p50 <= 1 && ratio!.p99 <= 1,
  };
  const begun = { name: "BullMQ, Redis always, begun in worker", readings: theirJobs.map(({ asked, began }) => began - asked) };
  const seen = { name: "BullMQ, seen active", readings: theirJobs.map(({ asked, active }) => active - asked) };
  const taken = { name: "BullMQ, add() answered", readings: theirJobs.map((job) => job.taken - job.asked) };
  const since = { name: "BullMQ, begun in worker", readings: theirJobs.map((job) => Math.max(0, job.began - job.taken)) };
  const of = (read: (job: (typeof ourJobs)[number]) => number) => ourJobs.map(read);
  return [
    row({
      what: "request sent → running, seen by a watcher",
      unit: "ms",
      here: of(({ asked, seen }) => seen - asked),
      peer: begun,
      budget,
    }),
    row({ what: "the same, both as a watcher sees it", unit: "ms", here: of(({ asked, seen }) => seen - asked), peer: seen }),
    row({ what: "request sent → accepted (202)", unit: "ms", here: of((job) => job.taken - job.asked), peer: taken }),
    row({
      what: "accepted (202) → running, seen by a watcher",
      unit: "ms",
      here: of((job) => Math.max(0, job.seen - job.taken)),
      peer: since,
    }),
    row({ what: "one write, synced: the floor of each step", unit: "ms", here: syncs() }),
  ];
});

/** Asks for jobs that end at once: to start an app of which nothing is deployed. */
async function dispatcher({ admin }: Awaited<ReturnType<typeof appos>>) {
  const events = await listen(admin);
  const source = { type: "compose", compose: NOTHING };
  const { app, deployment } = await admin.ask<{ app: AppView; deployment: DeploymentView }>("POST", "apps", {
    name: "bench-nothing",
    source,
  });
  await until("the deployment has failed", async () => (await admin.ask<DeploymentView>("GET", `deployments/${deployment.id}`)).endedAt);
  return async () => {
    const asked = performance.now();
    const { job } = await admin.ask<{ job: JobView }>("POST", `apps/${app.id}/start`);
    const taken = performance.now();
    // It changes three times: it is queued, it runs, it has ended.
    const seen = await events.nth("job.changed", job.id, 2);
    await events.nth("job.changed", job.id, 3);
    return { asked, taken, seen };
  };
}

function syncs(): number[] {
  const file = openSync(join(folder("sync"), "file"), "a");
  const readings = Array.from({ length: 200 }, () => {
    const began = performance.now();
    writeSync(file, "x".repeat(500));
    fdatasyncSync(file);
    return performance.now() - began;
  });
  closeSync(file);
  return readings;
}
