import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { ServerView } from "@appos/shared/servers";
import type { Page } from "@appos/shared/envelope";
import { isUp } from "../world/control-plane.ts";
import { endAll } from "../world/ends.ts";
import { engine as ownEngine } from "../world/engine.ts";
import { buildImages } from "../world/images.ts";
import { until } from "../world/until.ts";
import { check, names, type Violation } from "./checker.ts";
import { smallDisk } from "./disk.ts";
import { databaseProblems, gather } from "./facts.ts";
import { nemesis } from "./nemesis.ts";
import { orders as ordersOf } from "./orders.ts";
import { reportOf } from "./report.ts";
import { wallClock } from "./wall-clock.ts";
import { workload } from "./workload.ts";
import { type World, world as makeWorld } from "./world.ts";

/** A half-open link is noticed after 75 s of silence, and the wait before the next one is a minute at most. */
const QUIET_WITHIN_MS = 240_000;
const NEWS_MS = 15_000;
const AGENT_MEBIBYTES = 192;
const DATA_MEBIBYTES = 96;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    servers: { type: "string", default: "1" },
    report: { type: "string", default: "chaos-report.md" },
  },
});
const [minutes, seed, servers] = [Number(values.minutes), Number(values.seed), Number(values.servers)];
const say = (line: string) => process.stdout.write(`${line}\n`);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());

try {
  process.exitCode = (await run()) ? 0 : 1;
} finally {
  await endAll().catch((error: Error) => say(`appos: ${error.message}`));
}
process.exit();

/** True when everything held. */
async function run(): Promise<boolean> {
  say(`appos: ${minutes} minutes of chaos with seed ${seed}, ${servers === 1 ? "one server" : `${servers} servers`}`);
  await buildImages();
  const engine = await ownEngine();
  for (const image of ["web:1", "web:2", "sick:1"]) await engine.give(`appos-test/${image}`);
  const disks = { controlPlane: await smallDisk(DATA_MEBIBYTES), agent: await smallDisk(AGENT_MEBIBYTES) };
  const clocks = { controlPlane: wallClock(), agent: wallClock() };
  const world = await makeWorld({
    seed,
    dataDir: disks.controlPlane.home,
    agentHome: disks.agent.home,
    controlPlaneEnv: clocks.controlPlane.env,
    agentEnv: clocks.agent.env,
    engine: { socket: engine.host.replace("unix://", ""), docker: engine.docker },
  });
  for (let i = 1; i < servers; i++) await world.addServer(`server-${i + 1}`);
  const serverIds = (await world.admin.get<Page<ServerView>>("servers")).items.map(({ id }) => id);
  const orders = ordersOf(world.admin);

  const timer = setTimeout(() => stop.abort(), minutes * 60_000);
  const [asked, applied] = await Promise.all([
    workload({ orders, random: world.random.branch("workload"), serverIds, stop: stop.signal }),
    nemesis({ world, engine, disks, clocks }, world.random.branch("nemesis"), stop.signal, say),
  ]);
  clearTimeout(timer);
  const quietAfterMs = await quiet(world);
  const facts = await settledFacts(world, orders.answered);
  const violations: Violation[] = [...check(facts), ...applied.flatMap(({ violation }) => violation ?? [])];
  await world.controls.kill9();
  violations.push(...databaseProblems(world.controls.dataDir).map((says) => ({ invariant: "I-DB" as const, says })));

  const report = reportOf({
    seed,
    minutes,
    servers,
    asked,
    applied,
    quietAfterMs,
    violations,
    checked: [...names, "I-DB"],
    jobs: facts.jobs,
    attempts: facts.ledger.filter(({ what }) => what === "start").length,
    entries: [...facts.entries.values()].reduce((sum, all) => sum + all.length, 0),
    errors: errorsOf(world),
  });
  writeFileSync(values.report, report);
  say(`appos: ${facts.jobs.length} jobs, ${applied.length} faults, ${violations.length} violations; see ${values.report}`);
  for (const { invariant, says } of violations) say(`  ${invariant}: ${says}`);
  if (violations.length > 0) say(`appos: again with: npm run chaos -- --minutes ${minutes} --seed ${seed} --servers ${servers}`);
  return violations.length === 0;
}

/** Undoes every fault, and waits until nothing is left to be done. Undefined when that takes too long. */
async function quiet({ admin, servers }: World): Promise<number | undefined> {
  say("appos: no more faults; waiting for everything to end");
  const began = performance.now();
  for (const { proxy, network } of servers) {
    proxy.calm();
    await network.heal();
  }
  const openJobs = async () => (await admin.get<{ counts: { openJobs: number } }>("system/info")).counts.openJobs;
  const isQuiet = async () => {
    for (const { agent } of servers) if (!(await isUp(admin, agent.name))) return false;
    return (await openJobs()) === 0;
  };
  const ended = await until("everything has ended", isQuiet, QUIET_WITHIN_MS).catch((error: Error) => void say(`appos: ${error.message}`));
  return ended ? performance.now() - began : undefined;
}

/** What the host shows reaches the control plane a moment later. */
async function settledFacts(world: World, answered: Parameters<typeof gather>[1]) {
  await until(
    "what is said is what is",
    async () => check(await gather(world, answered), ["I-TRUTH", "I-LEAK"]).length === 0,
    NEWS_MS,
  ).catch(() => {});
  return gather(world, answered);
}

/** Each kind of line once, with how often. */
function errorsOf({ controls, servers }: World): string[] {
  const lines = [controls.log(), ...servers.map(({ agent }) => agent.log())].flatMap((log) => log.split("\n"));
  const errors = lines
    .filter((line) => /"level":"error"|^\s*(\w*Error|appos)[:\s]|Uncaught/.test(line))
    .map((line) => line.replace(/"(at|requestId)":"[^"]*",?/g, "").slice(0, 400));
  return [...Map.groupBy(errors, (line) => line)].map(([line, all]) => `${all.length} × ${line}`);
}
