import type { AppView } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import type { ServerView } from "@appos/shared/servers";
import type { Row } from "./lib/answer.ts";
import { appos } from "./lib/appos.ts";
import type { Client } from "./lib/client.ts";
import { bareHono } from "./lib/hono.ts";
import { processorSeconds } from "./lib/process-state.ts";
import { question, row, times } from "./lib/question.ts";
import { steadyLoad } from "./lib/steady-load.ts";

const APPS = 50;
const DEPLOYMENTS = 500;
/** Of a compose file, as long as people write them. */
const COMPOSE_BYTES = 2_000;
const PER_SECOND = 200;
const SECONDS = times(15, 5) / 10;
const ROUNDS = 3;

interface Target {
  what: string;
  url: string;
  headers: Record<string, string>;
  /** Of the process that answers. */
  pid: number;
}

await question(`How long do the main reads take at ${PER_SECOND} a second, with ${APPS} apps and ${DEPLOYMENTS} deployments?`, async () => {
  const [{ admin, pid }, hono] = await Promise.all([appos(), bareHono()]);
  const { app, deployment } = await fill(admin);
  const reads = ["auth/me", "apps", `apps/${app.id}`, "servers", "deployments", `deployments/${deployment.id}`, "activity"];
  const ours = reads.map((path) => ({
    what: `GET /${path.replace(/\/\w+_\w+/, "/:id")}`,
    url: `${admin.url}/api/v1/${path}`,
    headers: admin.headers,
    pid,
  }));
  const theirs = { what: "bare Hono GET", url: hono.url, headers: {}, pid: hono.pid };

  const answered = new Map<Target, number[]>();
  const worked = new Map<Target, number[]>();
  const note = (to: Map<Target, number[]>, target: Target, readings: number[]) =>
    void to.set(target, [...(to.get(target) ?? []), ...readings]);
  for (const target of [theirs, ...ours]) await steadyLoad({ ...target, perSecond: PER_SECOND, seconds: 0.5 });
  for (let round = 0; round < ROUNDS; round++)
    for (const target of [theirs, ...ours]) {
      const before = processorSeconds(target.pid);
      const readings = await steadyLoad({ ...target, perSecond: PER_SECOND, seconds: SECONDS });
      note(answered, target, readings);
      note(worked, target, [((processorSeconds(target.pid) - before) * 1_000) / readings.length]);
    }

  const budget = { says: "p95 ≤ 5 ms", keeps: ({ here }: Row) => here.p95 <= 5 };
  const rowOf = (from: Map<Target, number[]>, target: Target, about: string) => ({
    what: `${target.what}${about}`,
    unit: "ms" as const,
    here: from.get(target)!,
    peer: { name: theirs.what, readings: from.get(theirs)! },
  });
  return [
    ...ours.map((target) => row({ ...rowOf(answered, target, ""), budget })),
    ...ours.map((target) => row(rowOf(worked, target, ", processor time of one"))),
  ];
});

/** Apps on a server that never connected: each deploy waits, or takes the place of the one that waits. */
async function fill(admin: Client) {
  const { server } = await admin.ask<{ server: ServerView }>("POST", "servers", { name: "bench-away" });
  let last: { app: AppView; deployment: DeploymentView } | undefined;
  for (let n = 0; n < APPS; n++) {
    const compose = `services:\n  web:\n    image: bench-web:1\n    environment: { NUMBER: "${n}", TEXT: "${"x".repeat(COMPOSE_BYTES)}" }\n`;
    const made = { name: `bench-${n}`, serverId: server.id, source: { type: "compose", compose } };
    last = await admin.ask<{ app: AppView; deployment: DeploymentView }>("POST", "apps", made);
    for (let more = 1; more < DEPLOYMENTS / APPS; more++) await admin.ask("POST", `apps/${last.app.id}/deploy`);
  }
  return last!;
}
