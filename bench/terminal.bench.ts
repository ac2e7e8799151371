import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AppView } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import type { JobView } from "@appos/shared/jobs";
import { appos } from "./lib/appos.ts";
import type { Client } from "./lib/client.ts";
import { listen } from "./lib/events.ts";
import { folder, until } from "./lib/places.ts";
import { question, row, times } from "./lib/question.ts";
import { bareTerminals, ourTerminal, type Terminal } from "./lib/terminals.ts";

const BLOCK = 100;
const FLOOD_BYTES = 100e6;
/** A program that takes every key, with the terminal's own echo. */
const typing = "stty -icanon; echo rea''dy; exec cat > /dev/null\n";
const NOTHING = `services:
  web:
    image: bench-nothing:0
    pull_policy: never
`;

await question("How fast is a terminal through control plane and agent, beside node-pty on one socket?", async () => {
  const controls = await appos({ agent: true });
  const bare = await bareTerminals();
  const kinds = { ours: () => ourTerminal(controls.admin), theirs: bare };
  const file = join(folder("flood"), "lines");
  writeFileSync(file, Buffer.alloc(FLOOD_BYTES, `${"0123456789".repeat(7)}012345678\n`));

  const keys = await echoes(kinds);
  const floods: Record<keyof typeof kinds, number[]> = { ours: [], theirs: [] };
  for (let round = 0; round < times(6, 2); round++)
    for (const kind of ["ours", "theirs"] as const) floods[kind].push(await flood(await kinds[kind](), file));
  const job = await jobs(controls.admin);
  const meanwhile: Record<keyof typeof kinds, number[]> = { ours: [], theirs: [] };
  for (const kind of ["ours", "theirs"] as const) meanwhile[kind] = await duringFlood(kinds[kind], file, (calm) => calm.key());
  const calmJobs = [];
  for (let n = 0; n < times(100, 20); n++) calmJobs.push(await job());
  const busyJobs = await duringFlood(kinds.ours, file, job);

  const name = "node-pty over ws";
  return [
    row({
      what: "key pressed → shown",
      unit: "ms",
      here: keys.ours,
      peer: { name, readings: keys.theirs },
      budget: { says: "p50 ≤ 0.5 ms, p99 ≤ 3 ms", keeps: ({ here }) => here.p50 <= 0.5 && here.p99 <= 3 },
    }),
    row({
      what: "100 MB of 80-column lines",
      unit: "MB/s",
      here: floods.ours,
      peer: { name, readings: floods.theirs },
      budget: { says: "≥ 40 MB/s", keeps: ({ here }) => here.p50 >= 40 },
    }),
    row({
      what: "key pressed → shown in a second terminal, during that",
      unit: "ms",
      here: meanwhile.ours,
      peer: { name, readings: meanwhile.theirs },
    }),
    row({ what: "job asked for → running, during that", unit: "ms", here: busyJobs, peer: { name: "in quiet", readings: calmJobs } }),
  ];
});

interface Kinds {
  ours(): Promise<Terminal>;
  theirs(): Promise<Terminal>;
}

async function echoes(kinds: Kinds) {
  const open = { ours: await kinds.ours(), theirs: await kinds.theirs() };
  const readings: Record<keyof Kinds, number[]> = { ours: [], theirs: [] };
  for (const terminal of Object.values(open)) await terminal.ask(typing, "ready");
  for (let block = -1; block < times(3_000) / BLOCK; block++)
    for (const kind of ["ours", "theirs"] as const) {
      const taken: number[] = [];
      for (let n = 0; n < BLOCK; n++) taken.push(await open[kind].key());
      if (block >= 0) readings[kind].push(...taken);
    }
  for (const terminal of Object.values(open)) terminal.close();
  return readings;
}

/** In MB/s. */
async function flood(terminal: Terminal, file: string) {
  await terminal.ask("stty -opost; echo rea''dy\n", "ready");
  const took = await terminal.flood(`cat ${file}\n`, FLOOD_BYTES);
  terminal.close();
  return FLOOD_BYTES / 1e3 / took;
}

/** Asks again and again while another terminal is flooded. */
async function duringFlood(open: () => Promise<Terminal>, file: string, ask: (calm: Terminal) => Promise<number>) {
  const [loud, calm] = [await open(), await open()];
  await calm.ask(typing, "ready");
  await loud.ask("stty -opost; echo rea''dy\n", "ready");
  let over = false;
  const whole = loud.flood(`cat ${file} ${file}\n`, 2 * FLOOD_BYTES).then(() => (over = true));
  const readings: number[] = [];
  while (!over) readings.push(await ask(calm));
  await whole;
  loud.close();
  calm.close();
  return readings;
}

/** A job that ends at once: to start an app of which nothing is deployed. */
async function jobs(admin: Client) {
  const events = await listen(admin);
  const source = { type: "compose", compose: NOTHING };
  const created = await admin.ask<{ app: AppView; deployment: DeploymentView }>("POST", "apps", { name: "bench-nothing", source });
  await until(
    "the deployment has failed",
    async () => (await admin.ask<DeploymentView>("GET", `deployments/${created.deployment.id}`)).endedAt,
  );
  return async () => {
    const asked = performance.now();
    const { job } = await admin.ask<{ job: JobView }>("POST", `apps/${created.app.id}/start`);
    const seen = await events.nth("job.changed", job.id, 2);
    await events.nth("job.changed", job.id, 3);
    return seen - asked;
  };
}
