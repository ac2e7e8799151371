import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { appos } from "./lib/appos.ts";
import { bullmq } from "./lib/bullmq.ts";
import { atOnce, inTurn, startOrders, type Times } from "./lib/orders.ts";
import { folder } from "./lib/places.ts";
import { question, row, times } from "./lib/question.ts";
import { redis } from "./lib/redis.ts";

/** In turn: so many of ours, so many of theirs. */
const BLOCK = 10;
const ROUNDS = 3;
const MANY = times(1_000);
const IN_FLIGHT = 16;
/** Each has a lane of its own; three lanes run side by side, as three of BullMQ's jobs do. */
const APPS = 10;

await question("How long from a request for a job until it runs on the server, safe on both sides?", async () => {
  const [controls] = await Promise.all([appos({ agent: true }), redis()]);
  const ours = await startOrders(controls.admin, APPS);
  const theirs = await bullmq();
  await Promise.all([inTurn(ours, BLOCK), inTurn(theirs, BLOCK)]);
  const [ourJobs, theirJobs]: [Times[], Times[]] = [[], []];
  for (const _ of Array(times(400) / BLOCK)) {
    ourJobs.push(...(await inTurn(ours, BLOCK)));
    theirJobs.push(...(await inTurn(theirs, BLOCK)));
  }
  const ourRounds: Awaited<ReturnType<typeof atOnce>>[] = [];
  const theirRounds: typeof ourRounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    ourRounds.push(await atOnce(ours, MANY, IN_FLIGHT));
    theirRounds.push(await atOnce(theirs, MANY, IN_FLIGHT));
  }

  type Read = (job: Times) => number;
  const beside = (here: Times[], there: Times[]) => (what: string, read: Read, name: string, theirRead: Read) => ({
    what,
    unit: "ms" as const,
    here: here.map(read),
    peer: { name: `BullMQ, ${name}`, readings: there.map(theirRead) },
  });
  const single = beside(ourJobs, theirJobs);
  const of = (rounds: typeof ourRounds) => rounds.flatMap(({ jobs }) => jobs);
  const among = beside(of(ourRounds), of(theirRounds));
  return [
    row({
      ...single("request sent → running, seen by a watcher", toSeen, "Redis always, begun in worker", ({ asked, began }) => began - asked),
      budget: { says: "p50 and p99 ≤ 1 × BullMQ", keeps: ({ ratio }) => ratio!.p50 <= 1 && ratio!.p99 <= 1 },
    }),
    row(single("the same, both as a watcher sees it", toSeen, "seen active", toSeen)),
    row(single("request sent → accepted (202)", toTaken, "add() answered", toTaken)),
    row(
      single("accepted (202) → running, seen by a watcher", takenToSeen, "begun in worker", ({ taken, began }) =>
        Math.max(0, began - taken),
      ),
    ),
    row(single("request sent → done", toDone, "seen completed", toDone)),
    row({
      what: `${MANY} jobs, ${IN_FLIGHT} requests in flight, 3 jobs side by side`,
      unit: "jobs/s",
      here: ourRounds.map(({ perSecond }) => perSecond),
      peer: { name: "BullMQ, Redis always", readings: theirRounds.map(({ perSecond }) => perSecond) },
      budget: { says: "≥ 1 × BullMQ", keeps: ({ ratio }) => ratio!.p50 >= 1 },
    }),
    row(among("of these: accepted (202) → running", takenToSeen, "seen active", takenToSeen)),
    row(among("of these: request sent → done", toDone, "seen completed", toDone)),
    row({ what: "one write, synced: the floor of each step", unit: "ms", here: syncs() }),
  ];
});

function toSeen({ asked, seen }: Times) {
  return seen - asked;
}
function toTaken({ asked, taken }: Times) {
  return taken - asked;
}
function takenToSeen({ taken, seen }: Times) {
  return Math.max(0, seen - taken);
}
function toDone({ asked, done }: Times) {
  return done - asked;
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
