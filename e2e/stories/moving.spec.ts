import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Entry } from "@appos/shared/jobs";
import { type Agent, agent } from "../world/agent.ts";
import { api, type Api } from "../world/api.ts";
import { patient, web } from "../world/compose.ts";
import { administrator, type ControlPlane, controlPlane, isUp } from "../world/control-plane.ts";
import { answerAt, appNamed, makeReady } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { dist, folder, port as freePort } from "../world/places.ts";
import { workers } from "../world/platforms/workers.ts";
import { attempt, type Program, start } from "../world/program.ts";
import { sqld } from "../world/sqld.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

const program = (name: string) => join(dist, "control-plane", name);
const [shop, slow, blog] = [appNamed("shop"), appNamed("slow"), appNamed("blog")];
const off = { APPOS_LOCAL_AGENT: "off" };
const files = folder("exports");
/** An agent that finds nobody where it was sent waits up to a minute before it tries again. */
const COMES_MS = 90_000;

let first: ControlPlane;
/** On Cloudflare's own runtime. */
let second: Awaited<ReturnType<typeof workers>>;
let tokyo: Agent;
let key: string;
let secret: string;
let shopPort: number;
let movedAway: Program;
let agentPid: number;
let inFlight: string;
const second_ = { url: "", database: "" };

beforeAll(async () => {
  await buildImages();
  first = await controlPlane({ env: off });
  const admin = await api(first.url).signIn(administrator);
  ({ secret } = await admin.post<{ secret: string }>("tokens", { name: "ci", role: "admin" }));
  tokyo = await agent(first, admin, "tokyo");
  agentPid = tokyo.pid();
  shopPort = await freePort();
  const env = [{ key: "PASSWORD", value: "tell nobody", secret: true }];
  const { deployment } = await admin.create(shop, web(shopPort), { env });
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
});

const at = (url: string): Api => api(url).withToken(secret);
const appos = (args: string[], env: Record<string, string>) => attempt(process.execPath, [program("admin.mjs"), ...args], { env });
const status = () => attempt(process.execPath, [join(dist, "agent/agent.mjs"), "status"], { env: { APPOS_AGENT_DIR: tokyo.home } });
const identity = () => JSON.parse(readFileSync(join(tokyo.home, "agent.json"), "utf8")) as { url: string; moved?: { from: string } };

/** A control plane that has moved, at the address where it was. */
async function signpost(url: string, to: string, env: Record<string, string>) {
  const { port } = new URL(url);
  const running = start(process.execPath, [program("main.mjs")], { env: { APPOS_PORT: port, APPOS_MOVED_TO: to, ...off, ...env } });
  await running.says(/AppOS has moved/);
  return running;
}

/** A deployment that waits for somebody to let its app become healthy. */
async function begunDeployment(admin: Api, app: string) {
  const { deployment } = await admin.create(app, patient(await freePort()));
  await until(`${app} waits for its health`, async () =>
    (await admin.entries(deployment.id)).some(({ step, text }) => step === "health" && text !== ""),
  );
  return deployment.id;
}

const expectWhole = (entries: Entry[]) => {
  expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1));
  expect(entries.some(({ step }) => step === "health")).toBe(true);
};

test("a control plane is exported with a deployment under way, and its address becomes a signpost", async () => {
  inFlight = await begunDeployment(at(first.url), slow);
  const file = join(files, "house.export");
  expect((await appos(["export", "--to", file], { APPOS_DATA_DIR: first.dataDir })).output).toContain("Stop it first");
  await first.stop();
  expect((await appos(["export", "--to", file], { APPOS_DATA_DIR: first.dataDir })).code).toBe(0);
  key = (await appos(["key"], { APPOS_DATA_DIR: first.dataDir })).output.trim();
  second_.database = await sqld();
  second_.url = `http://127.0.0.1:${await freePort()}`;
  const there = { APPOS_DATABASE_URL: second_.database, APPOS_SECRET_KEY: key, APPOS_DATA_DIR: folder("second") };
  expect((await appos(["import", file], there)).output).toContain("holds everything of");
  movedAway = await signpost(first.url, second_.url, { APPOS_DATA_DIR: first.dataDir });
});

test("people are sent on, and what they ask of the old address changes nothing", async () => {
  const page = await fetch(`${first.url}/apps/${shop}`, { redirect: "manual" });
  expect([page.status, page.headers.get("location")]).toEqual([307, `${second_.url}/apps/${shop}`]);
  await expect(at(first.url).post(`apps/${shop}/deploy`)).rejects.toMatchObject({ status: 410, code: "MOVED" });
});

test("an agent whose control plane is not there yet stays with the address it has, and says so", async () => {
  await until("the agent says that the new place lets nobody in", async () =>
    (await status()).output.includes(`The control plane has moved to ${second_.url}, which did not let this server in`),
  );
  expect(identity()).toMatchObject({ url: first.url });
  await makeReady(slow);
});

test("the agent comes to the new place by itself, and the deployment ends there with its whole log", async () => {
  second = await workers({
    APPOS_PORT: new URL(second_.url).port,
    APPOS_DATABASE_URL: second_.database,
    APPOS_SECRET_KEY: key,
  });
  const admin = at(second.url);
  // What was moved says of the server that it was up a moment ago: that the agent is here, it says itself.
  await until("the agent has written the address down", () => identity().moved?.from === first.url, COMES_MS);
  expect(identity().url).toBe(second.url);
  expect(await admin.settled(inFlight)).toMatchObject({ status: "succeeded" });
  expectWhole(await admin.entries(inFlight));
  expect((await status()).output).toMatch(new RegExp(`Control plane: +${second.url}\\n +moved there from ${first.url}, at `));
  expect(tokyo.log()).toContain("the control plane has moved, and this server with it");
  expect(tokyo.pid()).toBe(agentPid);
});

test("sessions, apps and sealed values are there as they were, and a deploy works", async () => {
  expect(await api(second.url).signIn(administrator)).toBeTruthy();
  const admin = at(second.url);
  expect(await admin.get(`apps/${shop}/env`)).toMatchObject({ env: [{ key: "PASSWORD", value: null, secret: true }] });
  await admin.saveCompose(shop, web(shopPort, 2));
  const { id } = await admin.deploy(shop);
  expect(await admin.settled(id)).toMatchObject({ status: "succeeded" });
  expect(await answerAt(shopPort)).toBe("version 2");
});

test("once there, an agent that is started again needs no signpost", async () => {
  movedAway.signal("SIGTERM");
  expect(await movedAway.ended).toBe(0);
  await tokyo.kill9();
  // Its own check of being up asks at the old address.
  void tokyo.start().catch(() => {});
  await until("server tokyo is up again", async () => (await isUp(at(second.url), "tokyo")) && (await status()).code === 0);
});

test("and back: into an embedded database, with another deployment under way", async () => {
  inFlight = await begunDeployment(at(second.url), blog);
  await second.stop();
  const file = join(files, "back.export");
  const there = { APPOS_DATABASE_URL: second_.database, APPOS_SECRET_KEY: key };
  expect((await appos(["export", "--to", file], there)).code).toBe(0);
  const home = folder("home");
  expect((await appos(["import", file], { APPOS_DATA_DIR: home, APPOS_SECRET_KEY: key })).code).toBe(0);
  const third = await controlPlane({ setUp: false, env: { ...off, APPOS_DATA_DIR: home, APPOS_SECRET_KEY: key } });
  await signpost(second.url, third.url, { APPOS_SECRET_KEY: key, APPOS_DATA_DIR: folder("post") });
  await makeReady(blog);
  const admin = at(third.url);
  await until("the agent has written the address down", () => identity().url === third.url, COMES_MS);
  expect(identity()).toMatchObject({ moved: { from: second.url } });
  expect(await admin.settled(inFlight)).toMatchObject({ status: "succeeded" });
  expectWhole(await admin.entries(inFlight));
  expect(existsSync(join(home, "secret.key"))).toBe(false);
});

test("this machine's own agent goes along, and the new place's machine does not take over its name", async () => {
  const old = await controlPlane();
  const admin = await api(old.url).signIn(administrator);
  const { secret: token } = await admin.post<{ secret: string }>("tokens", { name: "ci", role: "admin" });
  const { id } = await until("server local is up", () => isUp(admin, "local"));
  await old.stop();
  const file = join(files, "local.export");
  expect((await appos(["export", "--to", file], { APPOS_DATA_DIR: old.dataDir })).code).toBe(0);
  const masterKey = (await appos(["key"], { APPOS_DATA_DIR: old.dataDir })).output.trim();
  const home = folder("other");
  expect((await appos(["import", file], { APPOS_DATA_DIR: home, APPOS_SECRET_KEY: masterKey })).code).toBe(0);
  const fresh = await controlPlane({ setUp: false, env: { APPOS_DATA_DIR: home, APPOS_SECRET_KEY: masterKey } });
  const there = api(fresh.url).withToken(token);
  await until("it says why its machine is no server", async () =>
    /another machine/.test((await there.get<{ localProblem: string | null }>("system/info")).localProblem ?? ""),
  );
  await signpost(old.url, fresh.url, { APPOS_DATA_DIR: old.dataDir, APPOS_LOCAL_AGENT: "auto" });
  await until("server local is up there", () => isUp(there, "local"), COMES_MS);
  expect((await there.server("local")).id).toBe(id);
  expect(existsSync(join(home, "agent/agent.json"))).toBe(false);
});
