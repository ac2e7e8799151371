import type { Row } from "./lib/answer.ts";
import { embedded, type House, onWorkerd, overLibsql } from "./lib/houses.ts";
import { inTurn, startOrders, type Times } from "./lib/orders.ts";
import { question, row, times } from "./lib/question.ts";
import { steadyLoad } from "./lib/steady-load.ts";

const PER_SECOND = 50;
const SECONDS = times(40, 10) / 10;
const ROUNDS = 3;
const BLOCK = 10;
const reads = ["auth/me", "apps", "servers", "deployments", "activity"];

await question("What does the same control plane take on Node and on workerd, each with an agent, side by side?", async () => {
  const houses = [await embedded(), await overLibsql(), await onWorkerd()];
  const [node, ...others] = houses as [House, ...House[]];
  const orders = new Map<House, Awaited<ReturnType<typeof startOrders>>>();
  for (const house of houses) orders.set(house, await startOrders(house.admin, 5));

  const answered = new Map<string, number[]>();
  for (let round = 0; round <= ROUNDS; round++)
    for (const path of reads)
      for (const { name, admin } of houses) {
        const load = { url: `${admin.url}/api/v1/${path}`, headers: admin.headers, perSecond: PER_SECOND, seconds: SECONDS };
        const readings = await steadyLoad(load);
        // The first round warms up.
        if (round > 0) answered.set(`${name} ${path}`, [...(answered.get(`${name} ${path}`) ?? []), ...readings]);
      }
  const jobs = new Map<House, Times[]>();
  for (const house of houses) await inTurn(orders.get(house)!, BLOCK);
  for (const _ of Array(times(200) / BLOCK))
    for (const house of houses) jobs.set(house, [...(jobs.get(house) ?? []), ...(await inTurn(orders.get(house)!, BLOCK))]);

  const rows: Row[] = [];
  for (const house of others) {
    for (const path of reads) {
      const peer = { name: node.name, readings: answered.get(`${node.name} ${path}`)! };
      rows.push(row({ what: `GET /${path}, ${house.name}`, unit: "ms", here: answered.get(`${house.name} ${path}`)!, peer }));
    }
    const beside = (what: string, read: (job: Times) => number) =>
      row({
        what: `${what}, ${house.name}`,
        unit: "ms",
        here: jobs.get(house)!.map(read),
        peer: { name: node.name, readings: jobs.get(node)!.map(read) },
      });
    rows.push(beside("request → accepted (202)", ({ asked, taken }) => taken - asked));
    rows.push(beside("accepted (202) → running, seen by a watcher", ({ taken, seen }) => Math.max(0, seen - taken)));
    rows.push(beside("request → done", ({ asked, done }) => done - asked));
  }
  return rows;
});
