import { Agent, request } from "node:http";
import type { AppView } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import type { JobView } from "@appos/shared/jobs";
import type { Row } from "./lib/answer.ts";
import { appos } from "./lib/appos.ts";
import type { Client } from "./lib/client.ts";
import { buildImage, sweepAtEnd } from "./lib/engine.ts";
import { GRACE_MS, openSockets } from "./lib/open-sockets.ts";
import { ports, until } from "./lib/places.ts";
import {
  addDomain,
  backend,
  bareProxy,
  becomes,
  byHand,
  ended,
  type Kind,
  proxyEnvironment,
  requestsPerSecond,
  serves,
} from "./lib/proxies.ts";
import { question, row, times } from "./lib/question.ts";

const APP = "bench-sites";
const COUNTS = [1, 100, 1_000];
const SOCKETS = 100;

await question("What does AppOS cost at the proxy: a domain saved, a request, a deployment?", async () => {
  // The last comes first: the agent ends, then the proxy goes, which is in the app's network.
  sweepAtEnd(`appos-${APP}`);
  await buildImage();
  const { admin } = await appos({ agent: true, env: proxyEnvironment() });
  const made = await admin.ask<{ app: AppView; deployment: DeploymentView }>("POST", "apps", {
    name: APP,
    source: { type: "compose", compose: backend("0") },
  });
  await deployed(admin, made.deployment.id);
  await addDomain(admin, APP, "bench.test");
  await addDomain(admin, APP, "bench.test", { path: "/ws", service: "sockets", port: 81 });
  await serves("bench.test");

  const rows: Row[] = [];
  for (const kind of ["caddy", "nginx"] as const) {
    await becomes(admin, kind);
    await serves("bench.test");
    rows.push(await requests(kind), ...(await deployments(admin, kind)));
    if (kind === "nginx") rows.push(await requests(kind, "nginx-keepalive"));
  }
  let there = 1;
  for (const count of COUNTS) {
    for (; there < count - 1; there++) await addDomain(admin, APP, `d${there}.test`);
    for (const kind of ["nginx", "caddy"] as const) {
      await becomes(admin, kind);
      await serves("bench.test");
      if (there > 1) await serves(`d${there - 1}.test`);
      rows.push(await saved(admin, kind, count));
    }
  }
  return rows;
});

async function deployed(admin: Client, id: string) {
  await until(`deployment ${id}`, async () => {
    const { status, error } = await admin.ask<DeploymentView>("GET", `deployments/${id}`);
    if (error) throw new Error(error.message);
    return status === "succeeded";
  });
}

/** From the request that adds a domain until a visitor is answered. */
async function saved(admin: Client, kind: Kind, count: number): Promise<Row> {
  const [here, readings]: number[][] = [[], []];
  for (let round = 0; round < times(7); round++) {
    const name = `new-${kind}-${count}-${round}.test`;
    const begun = performance.now();
    const { id } = await addDomain(admin, APP, name);
    await serves(name);
    here!.push(performance.now() - begun);
    await ended(admin, (await admin.ask<{ job: JobView }>("DELETE", `domains/${id}`)).job.id);
    readings!.push(await byHand(kind));
  }
  return row({
    what: `${kind}: a domain saved → served, ${count} in all`,
    unit: "ms",
    here: here!,
    peer: { name: "its own test and reload, by hand", readings: readings! },
    budget: { says: "≤ 1.3 × the floor", keeps: ({ ratio }) => ratio!.p50 <= 1.3 },
  });
}

async function requests(kind: Kind, beside?: "nginx-keepalive"): Promise<Row> {
  const bare = await bareProxy(beside ?? kind, kind, `appos-${APP}_default`);
  const [here, readings]: number[][] = [[], []];
  const seconds = times(5, 1);
  await until("the bare proxy answers", () => requestsPerSecond(bare.port, 1).catch(() => undefined));
  await requestsPerSecond(ports.http, 1);
  for (let round = 0; round < times(6); round++) {
    const mine = async () => here!.push(await requestsPerSecond(ports.http, seconds));
    if (round % 2 === 0) await mine();
    readings!.push(await requestsPerSecond(bare.port, seconds));
    if (round % 2 === 1) await mine();
  }
  await bare.stop();
  const file = beside ? "a file by hand that keeps connections to the app open" : "a file by hand";
  return row({
    what: `${kind}: requests through it`,
    unit: "requests/s",
    here: here!,
    peer: { name: `the same program, ${file}`, readings: readings! },
    ...(!beside && { budget: { says: "≥ 0.9 × the bare proxy", keeps: ({ ratio }: Row) => ratio!.p50 >= 0.9 } }),
  });
}

/** Visitors one after the other, over connections that stay open. */
async function deployments(admin: Client, kind: Kind): Promise<Row[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const readings = { calm: [] as number[], busy: [] as number[] };
  let phase: keyof typeof readings | undefined = "calm";
  let failed = 0;
  const visitors = Array.from({ length: 4 }, async () => {
    while (phase) {
      const begun = performance.now();
      const status = await visit(agent);
      if (status !== 200) failed++;
      if (phase) readings[phase].push(performance.now() - begun);
    }
  });
  await new Promise((resolve) => setTimeout(resolve, times(5_000, 1_000)));
  phase = "busy";
  const count = times(20);
  const sockets = openSockets("bench.test", "/ws");
  let early = 0;
  for (let round = 1; round <= count; round++) {
    await admin.ask("PUT", `apps/${APP}/compose`, { compose: backend(`${kind} ${round}`), message: "another mark" });
    await sockets.fill(SOCKETS);
    const begun = performance.now();
    const { deployment } = await admin.ask<{ deployment: DeploymentView }>("POST", `apps/${APP}/deploy`);
    await deployed(admin, deployment.id);
    early += sockets.closedBefore(begun + GRACE_MS);
  }
  phase = undefined;
  await Promise.all(visitors);
  agent.destroy();
  sockets.end();
  return [
    row({
      what: `${kind}: requests that failed in ${count} deployments, of ${readings.busy.length}`,
      unit: "requests",
      here: [failed],
      budget: { says: "0", keeps: ({ here }) => here.max === 0 },
    }),
    row({
      what: `${kind}: websockets closed before their grace was over in ${count} deployments, of ${SOCKETS} open in each`,
      unit: "sockets",
      here: [early],
      budget: { says: "0", keeps: ({ here }) => here.max === 0 },
    }),
    row({
      what: `${kind}: a request while its app is deployed`,
      unit: "ms",
      here: readings.busy,
      peer: { name: "while nothing is", readings: readings.calm },
    }),
  ];
}

function visit(agent: Agent): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request({ host: "127.0.0.1", port: ports.http, headers: { host: "bench.test" }, agent });
    asked.on("error", () => resolve(undefined));
    asked.on("response", (answer) =>
      answer
        .resume()
        .on("end", () => resolve(answer.statusCode))
        .on("error", () => resolve(undefined)),
    );
    asked.end();
  });
}
