import type { AppView } from "@appos/shared/apps";
import type { ServerView } from "@appos/shared/servers";
import type { Row } from "./lib/answer.ts";
import { appos } from "./lib/appos.ts";
import type { Client } from "./lib/client.ts";
import { bareHono } from "./lib/hono.ts";
import { question, row, times } from "./lib/question.ts";
import { steadyLoad } from "./lib/steady-load.ts";

const APPS = 1_000;
const PROJECTS = 20;
const PER_SECOND = 50;
const SECONDS = times(15, 5) / 10;
const ROUNDS = 3;

await question(`How long do lists and searches take among ${APPS} apps, at ${PER_SECOND} a second?`, async () => {
  const [{ admin }, hono] = await Promise.all([appos(), bareHono()]);
  await fill(admin);
  const reads = [
    "apps?pageSize=50",
    "apps?pageSize=50&page=20",
    "apps?search=shop-7",
    "apps?search=nginx&pageSize=50",
    "apps?project=customer-3",
    "apps?label=eu&pageSize=50",
    "apps?status=deploying&pageSize=50",
    "search?q=shop-99",
  ];
  const ours = reads.map((path) => ({ what: `GET /${path}`, url: `${admin.url}/api/v1/${path}`, headers: admin.headers }));
  const theirs = { what: "bare Hono GET", url: hono.url, headers: {} };
  const answered = new Map([theirs, ...ours].map((target) => [target, [] as number[]]));
  for (const target of [theirs, ...ours]) await steadyLoad({ ...target, perSecond: PER_SECOND, seconds: 0.3 });
  for (let round = 0; round < ROUNDS; round++)
    for (const target of [theirs, ...ours])
      answered.get(target)!.push(...(await steadyLoad({ ...target, perSecond: PER_SECOND, seconds: SECONDS })));

  // A person who types waits for no letter that takes longer than this.
  const budget = { says: "p95 ≤ 50 ms", keeps: ({ here }: Row) => here.p95 <= 50 };
  const peer = { name: theirs.what, readings: answered.get(theirs)! };
  return ours.map((target) => row({ what: target.what, unit: "ms", here: answered.get(target)!, peer, budget }));
});

/** Apps in projects, with labels, on a server that never connected. */
async function fill(admin: Client) {
  const { server } = await admin.ask<{ server: ServerView }>("POST", "servers", { name: "bench-away" });
  const projects: string[] = [];
  for (let n = 0; n < PROJECTS; n++) projects.push((await admin.ask<{ id: string }>("POST", "projects", { name: `customer-${n}` })).id);
  for (let n = 0; n < APPS; n++) {
    const source = { type: "compose", compose: `services:\n  web:\n    image: nginx:1.29\n    environment: {NUMBER: "${n}"}\n` };
    const projectId = projects[n % PROJECTS];
    const { app } = await admin.ask<{ app: AppView }>("POST", "apps", { name: `shop-${n}`, serverId: server.id, projectId, source });
    if (n % 4 === 0) await admin.ask("PATCH", `apps/${app.id}`, { labels: ["eu", "production"] });
  }
}
