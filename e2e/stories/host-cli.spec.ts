import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ActivityView } from "@appos/shared/activity";
import type { Page } from "@appos/shared/envelope";
import { type Agent, agent as agentOf } from "../world/agent.ts";
import { type Api, api, type Refused } from "../world/api.ts";
import { patient, web } from "../world/compose.ts";
import { administrator, type ControlPlane, controlPlane } from "../world/control-plane.ts";
import { answerAt, appNamed, containersOf, docker, makeReady } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { dist, port as freePort } from "../world/places.ts";
import { attempt, start } from "../world/program.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let controls: ControlPlane;
let admin: Api;
let agent: Agent;
let shop = "";
let port = 0;

const program = join(dist, "agent/agent.mjs");
/** `appos-agent`, as root types it on the server. */
const cli = (...args: string[]) => attempt(process.execPath, [program, ...args], { env: { APPOS_AGENT_DIR: agent.home } });
const acts = async () => (await admin.get<Page<ActivityView>>("activity")).items.filter(({ action }) => action.startsWith("host-"));
const hostActs = async () => (await acts()).map(({ action }) => action);

beforeAll(async () => {
  await buildImages();
  controls = await controlPlane({ env: { APPOS_LOCAL_AGENT: "off" } });
  admin = await api(controls.url).signIn(administrator);
  agent = await agentOf(controls, admin, "tokyo-1");
  [shop, port] = [appNamed("shop"), await freePort()];
  const { deployment } = await admin.create(shop, web(port, 1));
  await admin.settled(deployment.id);
  await admin.saveCompose(shop, web(port, 2));
  await admin.settled((await admin.deploy(shop)).id);
  await until("release 2 is live", async () => (await admin.app(shop)).liveRelease === 2);
});

test("with the control plane gone, root lists, reads, stops, starts and rolls back; once it is back it knows, each act once", async () => {
  const first = (await answerAt(port))!;
  expect(first).toBeTruthy();
  await controls.kill9();

  expect((await cli("ls")).output).toMatch(new RegExp(`${shop} +running +2 +1 of 1 +2 1 .* ${port}->80`));
  expect(await cli("logs", "--tail", "5", shop)).toMatchObject({ code: 0 });
  expect((await cli("jobs")).output).toBe("There is no job on this server.\n");

  expect(await cli("stop", shop)).toMatchObject({ code: 0, output: expect.stringContaining(`${shop} is stopped.`) });
  expect(await answerAt(port)).toBeUndefined();
  expect(await cli("start", shop)).toMatchObject({ code: 0, output: expect.stringContaining(`${shop} runs: web.`) });
  expect(await answerAt(port)).toBe(first);
  const rolledBack = await cli("rollback", shop);
  expect(rolledBack).toMatchObject({ code: 0, output: expect.stringContaining(`${shop} runs release 1: web.`) });
  expect(rolledBack.output).toContain("The control plane is told of it when the agent's link is up again.");
  expect(await answerAt(port)).not.toBe(first);
  expect((await cli("jobs")).output).toMatch(/stop-app[^]*start-app[^]*rollback-app +shop-\w+ +ended, to be reported/);

  await controls.start();
  await until("it has heard of all three", async () => (await hostActs()).length === 3);
  expect(await hostActs()).toEqual(["host-rollback-app", "host-start-app", "host-stop-app"]);
  const [newest] = await acts();
  const app = await admin.app(shop);
  expect(newest).toMatchObject({ by: "root on tokyo-1", subject: `${shop} to release 1`, appId: app.id });
  expect(await until("the app is up to date", async () => (await admin.app(shop)).status === "running" && admin.app(shop))).toMatchObject({
    liveRelease: 1,
    liveVersion: 1,
  });
  await until("nothing is left to report", async () => (await cli("jobs")).output === "There is no job on this server.\n");

  // And it all goes on as ever: the next release takes the place of the one that was rolled back to.
  const next = await admin.settled((await admin.deploy(shop)).id);
  expect(next).toMatchObject({ status: "succeeded", release: 3 });
  await until("it is live", async () => (await admin.deployment(next.id)).live);
  expect(await until("release 3 is live", async () => (await admin.app(shop)).liveRelease === 3 && admin.app(shop))).toMatchObject({
    liveVersion: 2,
  });
});

test("with the agent killed too, the command line does it itself, and whoever is killed in the middle loses and doubles nothing", async () => {
  const before = (await hostActs()).length;
  await agent.kill9();
  expect(await cli("stop", shop)).toMatchObject({ code: 0, output: expect.stringContaining(`${shop} is stopped.`) });
  expect(await answerAt(port)).toBeUndefined();

  const killed = start(process.execPath, [program, "start", shop], { env: { APPOS_AGENT_DIR: agent.home } });
  await until("it is written down", () => readFileSync(join(agent.home, "journal/acts.jsonl"), "utf8").split("begun").length === 3);
  killed.signalGroup("SIGKILL");
  await killed.ended;

  await agent.start();
  await until("both are told", async () => (await hostActs()).length === before + 2);
  expect((await hostActs()).slice(0, 2)).toEqual(["host-start-app-failed", "host-stop-app"]);
  expect(await cli("start", shop)).toMatchObject({ code: 0 });
  await until("that too", async () => (await hostActs()).length === before + 3);
  await until("it runs", async () => (await admin.app(shop)).status === "running");
  await agent.kill9();
  await agent.start();
  expect(await hostActs()).toHaveLength(before + 3);
});

test("an act that the agent does not survive, and one that is taken back, are each told once as what they were", async () => {
  const slow = appNamed("slow");
  const { deployment } = await admin.create(slow, patient(await freePort()));
  await makeReady(slow);
  await admin.settled(deployment.id);
  expect(await cli("stop", slow)).toMatchObject({ code: 0 });
  await docker("rm", ...(await containersOf(slow)));
  const ofSlow = async () => (await acts()).filter(({ subject }) => subject === slow).map(({ action }) => action);
  const begins = async () => {
    const starting = start(process.execPath, [program, "start", slow], { env: { APPOS_AGENT_DIR: agent.home } });
    await until("it is under way", async () => (await containersOf(slow)).length > 0);
    return starting;
  };

  const survivor = await begins();
  await agent.kill9();
  expect(await survivor.ended).toBe(1);
  expect(survivor.output()).toContain("The agent went away in the middle.");
  await agent.start();
  await until("it is told", async () => (await ofSlow()).length === 2);

  await docker("rm", "-f", ...(await containersOf(slow)));
  const takenBack = await begins();
  takenBack.signal("SIGINT");
  expect(await takenBack.ended).toBe(1);
  expect(takenBack.output()).toContain("This was taken back.");
  await until("that too", async () => (await ofSlow()).length === 3);
  expect(await ofSlow()).toEqual(["host-start-app-failed", "host-start-app-failed", "host-stop-app"]);
});

test("what the server's owner denies is refused before it is tried, and allowed again at once", async () => {
  const stop = () => admin.order(shop, "stop").catch((error: Refused) => error);
  expect(await cli("policy", "deny", "jobs", "stop-app")).toMatchObject({ code: 0 });
  // Whether or not it has heard of it already, the server does as its owner says.
  const asked = await stop();
  if ("id" in asked)
    expect(await admin.jobEnded(asked.id)).toMatchObject({ state: "failed", error: { code: "POLICY_REFUSED", details: { rule: "jobs" } } });
  await until("the control plane knows", async () => (await admin.server("tokyo-1")).facts?.policy?.jobs.deny.includes("stop-app"));
  expect(await stop()).toMatchObject({ status: 403, code: "POLICY_REFUSED", details: { rule: "jobs" } });
  expect((await cli("status")).output).toMatch(/Policy: +jobs all but stop-app/);

  await cli("policy", "allow", "jobs", "stop-app");
  await until("it may again", async () => (await admin.server("tokyo-1")).facts?.policy?.jobs.deny.length === 0);
  const allowed = await stop();
  expect(await admin.jobEnded((allowed as { id: string }).id)).toMatchObject({ state: "succeeded" });
  await answersNothing();
});

const answersNothing = () => until("nothing answers", async () => (await answerAt(port)) === undefined);
