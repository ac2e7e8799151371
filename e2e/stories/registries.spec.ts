import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { AppView } from "@appos/shared/apps";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Agent, agent } from "../world/agent.ts";
import { type Api, api } from "../world/api.ts";
import { faultsOf, visitor } from "../world/browser.ts";
import { only } from "../world/compose.ts";
import { fills, heading, presses, reads, signsIn, succeeds } from "../world/console.ts";
import { administrator, type ControlPlane, controlPlane } from "../world/control-plane.ts";
import { appNamed, docker, containersOf } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { privateRegistry, reader, traces } from "../world/private-registry.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let controls: ControlPlane;
let admin: Api;
let tokyo: Agent;
let registry: Awaited<ReturnType<typeof privateRegistry>>;
let image: string;
const shop = appNamed("shop");

beforeAll(async () => {
  await buildImages();
  controls = await controlPlane({ env: { APPOS_LOCAL_AGENT: "off" } });
  admin = await api(controls.url).signIn(administrator);
  tokyo = await agent(controls, admin, "tokyo");
  registry = await privateRegistry();
  image = await registry.push("appos-test/web:1", "team/web:1");
});

const has = (text: string) => traces.some((trace) => text.includes(trace));

/** Files of AppOS, arguments and environments of programs, logs and answers in which the password is. */
async function found(): Promise<string[]> {
  const below = (home: string) =>
    readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      // Programs are large, and nobody writes to them.
      .filter((path) => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) < 5_000_000);
  const programs = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const files = [
    ...below(tokyo.home),
    ...below(controls.dataDir),
    ...programs.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]),
  ];
  const asked = ["registries", "jobs", "activity", `apps/${shop}`, "deployments"];
  const answers = await Promise.all(asked.map(async (path) => [`the answer of ${path}`, JSON.stringify(await admin.get(path))]));
  const logs = [
    ["the agent's log", tokyo.log()],
    ["the control plane's log", controls.log()],
  ];
  const texts = [...answers, ...logs].filter(([, text]) => has(text!)).map(([name]) => name!);
  return [...files.filter((path) => has(contents(path))), ...texts];
}

function contents(path: string) {
  try {
    return readFileSync(path, "latin1");
  } catch {
    // It has gone, or is somebody else's.
    return "";
  }
}
/** What was handed over, while it is needed. */
const inMemory = () =>
  readdirSync("/dev/shm")
    .filter((name) => name.startsWith("appos-login-"))
    .filter((name) => has(contents(`/dev/shm/${name}/config.json`)));

test("a private image cannot be had without a login, and the error says where to add one", async () => {
  const { deployment } = await admin.create(shop, only(image));
  const { status, error } = await admin.settled(deployment.id);
  expect(status).toBe("failed");
  expect(error).toMatchObject({ code: "REGISTRY_UNAUTHORIZED", details: { step: "pull", service: "web" } });
  expect(error?.message).toContain(`Add one under Settings, Registries, with the host ${registry.host}.`);
});

test("a login is added, tried by a server and put right, in the console", async () => {
  const page = await visitor(controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");
  await page.goto("/settings");
  await presses(page, "New login");
  await fills(page, "Registry", `http://${registry.host}/`);
  await fills(page, "User", reader.username);
  await fills(page, "Password or access token", "not this one");
  await presses(page, "Save");
  await reads(page, "as ada, changed");

  await presses(page, `Test ${registry.host}`);
  await page.getByRole("dialog").getByRole("button", { name: "Test", exact: true }).click();
  await reads(page, "It does not work from tokyo.");
  await reads(page, "refuses the login of ada");
  await page.keyboard.press("Escape");

  await presses(page, `Change ${registry.host}`);
  await fills(page, "New password or access token", reader.password);
  await presses(page, "Save");
  await reads(page, "was saved.");
  await presses(page, `Test ${registry.host}`);
  await page.getByRole("dialog").getByRole("button", { name: "Test", exact: true }).click();
  await reads(page, "It works from tokyo.");
  expect(faultsOf(page)).toEqual([]);
});

test("the image is pulled though the agent is killed in the middle of it, and the password is nowhere", async () => {
  registry.hold();
  const { id } = await admin.deploy(shop);
  await until("the pull is under way", () => registry.waits());
  expect(inMemory()).toHaveLength(1);
  expect(await found()).toEqual([]);

  await tokyo.kill9();
  expect(await found()).toEqual([]);
  registry.release();
  await tokyo.start();
  expect(await admin.settled(id)).toMatchObject({ status: "succeeded" });
  expect(await admin.entries(id).then((entries) => has(JSON.stringify(entries)))).toBe(false);
  expect(await found()).toEqual([]);
  expect(inMemory()).toEqual([]);
  expect(await docker("inspect", "-f", "{{.Config.Image}}", (await containersOf(shop))[0]!)).toBe(image);
});

test("a newer image behind the same tag is noticed, and deployed with one click", async () => {
  const page = await visitor(controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");
  const before = (await containersOf(shop))[0]!;
  const digest = await registry.renew("team/web", "1");

  await page.goto(`/apps/${shop}`);
  await presses(page, "Check now");
  await reads(page, "There is a newer image for web.");
  expect((await admin.get<AppView>(`apps/${shop}`)).updates.available).toMatchObject([{ service: "web", image, to: digest }]);
  await page.getByRole("button", { name: "Update", exact: true }).click();
  await reads(page, "its image is pulled anew");
  await page.getByRole("dialog").getByRole("button", { name: "Update", exact: true }).click();
  await page.waitForURL(/\/deployments\/dep_/);
  await succeeds(page);
  expect(await containersOf(shop)).not.toEqual([before]);
  await until("there is nothing newer", async () => (await admin.app(shop)).updates.available.length === 0);
  expect(await found()).toEqual([]);
  expect(faultsOf(page)).toEqual([]);
});
