import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Agent, agent } from "../world/agent.ts";
import { type Api, api } from "../world/api.ts";
import type { Page } from "@appos/shared/envelope";
import type { TimelineView } from "@appos/shared/servers";
import { web } from "../world/compose.ts";
import { administrator, type ControlPlane, controlPlane, isUp } from "../world/control-plane.ts";
import { answerAt, appNamed } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { port as freePort } from "../world/places.ts";
import { type Relay, relay } from "../world/relay.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let controls: ControlPlane;
let admin: Api;
let cable: Relay;
let tokyo: Agent;
let port: number;
const shop = appNamed("shop");

beforeAll(async () => {
  await buildImages();
  controls = await controlPlane({ env: { APPOS_LOCAL_AGENT: "off" } });
  admin = await api(controls.url).signIn(administrator);
  cable = await relay(controls.url);
  tokyo = await agent({ ...controls, url: cable.url }, admin, "tokyo");
  port = await freePort();
  const { deployment } = await admin.create(shop, web(port));
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
});

test("of several deployments that wait, the newest is carried out", async () => {
  await tokyo.stop();
  const older = await admin.deploy(shop);
  await admin.saveCompose(shop, web(port, 2));
  const newer = await admin.deploy(shop);
  await tokyo.start();
  expect(await admin.settled(newer.id)).toMatchObject({ status: "succeeded" });
  expect((await admin.settled(older.id)).status).not.toBe("succeeded");
  await until("version 2 answers", async () => (await answerAt(port)) === "version 2");
});

const timeline = async () => (await admin.get<Page<TimelineView>>("servers/tokyo/timeline")).items;
const whats = async () => (await timeline()).map(({ what }) => what);
/** Connected, lost and so on: what it is now, and what it was before. */
const states = async () => (await timeline()).filter(({ what }) => ["connected", "lost", "control-plane-restarted"].includes(what));

test("a cut of seconds is counted, and the server was up all the while", async () => {
  await until("tokyo is up", () => isUp(admin, "tokyo"));
  const { since } = await admin.server("tokyo");
  const before = (await states())[0]!;
  cable.shake();
  const after = await until("the cut is counted", async () => {
    const [now] = await states();
    return now!.shortLosses > before.shortLosses && now;
  });
  expect(after).toMatchObject({ id: before.id, what: "connected", lastedMs: null });
  expect(await admin.server("tokyo")).toMatchObject({ presence: "up", since });
});

test("a cut that lasts is told with its length and with what both ends saw of it", async () => {
  cable.cut();
  const told = await until("the loss is told", async () => {
    const [now] = await states();
    return now!.what === "lost" && now;
  });
  expect(told).toMatchObject({ why: "The connection broke off.", agentWhy: null, lastedMs: null });
  expect(await admin.server("tokyo")).toMatchObject({ presence: "away", since: told.at });
  cable.mend();
  await until("tokyo is up", () => isUp(admin, "tokyo"), 90_000);
  const [connected, lost] = await until("the agent has told its side", async () => {
    const lines = await states();
    return lines[1]!.agentWhy && lines;
  });
  expect(connected).toMatchObject({ what: "connected", address: "127.0.0.1", lastedMs: null });
  expect(lost!.id).toBe(told.id);
  expect(lost!.lastedMs).toBeGreaterThan(9_000);
});

test("an agent that was killed is told as one that was started again", async () => {
  await tokyo.kill9();
  await until("the loss is told", async () => (await whats())[0] === "lost");
  await tokyo.start();
  await until("it has said that it is another one", async () => (await whats())[0] === "agent-restarted");
  expect((await whats()).slice(0, 3)).toEqual(["agent-restarted", "connected", "lost"]);
});

test("a control plane that was started again takes nobody's presence away", async () => {
  const { since } = await admin.server("tokyo");
  await controls.kill9();
  await controls.start();
  expect(await admin.server("tokyo")).toMatchObject({ presence: "up", since });
  await until("tokyo is back", () => isUp(admin, "tokyo"));
  await sleep(1_000);
  expect((await whats()).slice(0, 2)).toEqual(["connected", "control-plane-restarted"]);
  expect(await admin.server("tokyo")).toMatchObject({ presence: "up", linked: true, since });
});
