import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Entry } from "@appos/shared/jobs";
import type { Api } from "../world/api.ts";
import { type ControlPlane, controlPlaneWithServer } from "../world/control-plane.ts";
import { appNamed, containersOf, makeReady } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { folder, port as freePort, root } from "../world/places.ts";
import { start } from "../world/program.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let controls: ControlPlane;
let admin: Api;

beforeAll(async () => {
  await buildImages();
  ({ controls, admin } = await controlPlaneWithServer());
});

const steps = (entries: Entry[]) => entries.filter(({ stream }) => stream === "step").map(({ step, text }) => `${step} ${text}`);

function expectNoGaps(entries: Entry[]) {
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1));
}

test("an agent that is killed in the middle of a deployment finishes it when it is back", async () => {
  const blog = appNamed("blog");
  const port = await freePort();
  const compose = `services:
  data: { image: appos-test/patient:1 }
  web:
    image: appos-test/web:1
    ports: ["${port}:80"]
    depends_on: { data: { condition: service_healthy } }
`;
  const { deployment } = await admin.create(blog, compose);
  // Compose itself is in the middle of its work: it waits for data before it starts web.
  await until("data runs", async () => (await containersOf(blog, "data")).length > 0);
  const killed = controls.agentPid()!;
  process.kill(killed, "SIGKILL");
  await until("another agent runs", () => controls.agentPid() !== killed && controls.agentPid());
  await makeReady(blog, "data");
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded", error: null });
  const entries = await admin.entries(deployment.id);
  expectNoGaps(entries);
  expect(steps(entries).at(-1)).toBe("health succeeded");
  expect(await containersOf(blog)).toHaveLength(2);
});

test("Ctrl-C ends npm start and everything it started, within five seconds", async () => {
  const dataDir = folder("npm-start");
  const port = await freePort();
  const npm = start("npm", ["start"], { cwd: root, env: { APPOS_DATA_DIR: dataDir, APPOS_PORT: String(port) } });
  await npm.says(/Set it up, once, at http:\/\/127\.0\.0\.1:\d+\/setup\?token=\S+/, 150_000);
  await until("its agent runs", () => processesOf(dataDir).some(({ command }) => command.includes("agent.mjs")));
  expect((await fetch(`http://127.0.0.1:${port}/api/health`)).status).toBe(200);

  npm.signalGroup("SIGINT");
  await until("everything has ended", () => npm.isOver() && processesOf(dataDir).length === 0, 5_000);
  expect(await npm.ended).toBe(0);
});

/** Every process that was told of this folder. */
function processesOf(dataDir: string) {
  const text = (pid: string, file: string) => readFileSync(`/proc/${pid}/${file}`, "latin1").replaceAll("\0", " ");
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return text(pid, "environ").includes(dataDir) ? [{ pid, command: text(pid, "cmdline") }] : [];
      } catch {
        return [];
      }
    });
}
