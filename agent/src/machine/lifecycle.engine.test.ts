import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { inventory } from "../inventory.ts";
import { appId, BUSYBOX, engineWorld } from "./engine-world.ts";

const world = engineWorld();
afterAll(world.end);
const { machine, deploy, run, containers } = world;
const folderOf = (name: string) => join(machine.folder, "apps", name);

const sleeper = (more: string, top = "") =>
  `services:\n  web: {image: "${BUSYBOX}", command: [sleep, "600"], stop_signal: KILL, ${more}}\n${top}`;

test("an app of which nothing was deployed cannot be started; stopping and removing what is gone is no error", async () => {
  for (const kind of ["start-app", "stop-app", "restart-app"] as const) {
    expect(await run(kind, { name: "h2-none" })).toMatchObject({ outcome: "failed", error: { code: "NOT_DEPLOYED" } });
  }
  expect(await run("remove-app", { name: "h2-none", volumes: "keep" })).toMatchObject({
    outcome: "succeeded",
    result: { keptVolumes: [] },
  });
});

test("a name that is no name reaches no path", async () => {
  expect(await run("remove-app", { name: "../../etc", volumes: "delete" })).toMatchObject({ outcome: "failed" });
});

test("stop, start and restart, each twice", async () => {
  await deploy("h2-d", 1, sleeper("restart: always"));
  const states = async () => (await containers("h2-d")).map(({ state }) => state);
  for (const _ of [1, 2])
    expect(await run("stop-app", { name: "h2-d" })).toMatchObject({ outcome: "succeeded", result: { services: [{ state: "exited" }] } });
  expect(await states()).toEqual(["exited"]);
  for (const _ of [1, 2])
    expect(await run("start-app", { name: "h2-d" })).toMatchObject({ outcome: "succeeded", result: { services: [{ state: "running" }] } });
  const [before] = await containers("h2-d");
  expect(await run("restart-app", { name: "h2-d" })).toMatchObject({
    outcome: "succeeded",
    steps: expect.arrayContaining(["restart succeeded", "health succeeded"]),
  });
  const [after] = await containers("h2-d");
  expect(after).toMatchObject({ id: before!.id, state: "running" });
  expect(after!.startedAt).toBeGreaterThan(before!.startedAt!);
  expect(await inventory(machine)).toContainEqual({
    appId: appId("h2-d"),
    services: [expect.objectContaining({ service: "web", state: "running" })],
    drift: [],
  });
});

test("removing keeps volumes and data folders, or deletes both", async () => {
  const compose = sleeper(`volumes: ["store:/store", "./data:/data"]`, "volumes: {store: {}}");
  await deploy("h2-d", 2, compose);
  const data = join(folderOf("h2-d"), "data");
  expect(statSync(data).mode & 0o777).toBe(0o755);
  writeFileSync(join(data, "precious"), "");

  const kept = await run("remove-app", { name: "h2-d", volumes: "keep" });
  expect(kept).toMatchObject({ outcome: "succeeded", result: { keptVolumes: ["appos-h2-d_store"] } });
  expect(readdirSync(folderOf("h2-d"))).toEqual(["data"]);
  expect(kept.said.map(({ text }) => text)).toContain(`Kept the data in ${data}.`);

  await deploy("h2-d", 3, compose);
  expect(existsSync(join(data, "precious"))).toBe(true);
  expect(await run("remove-app", { name: "h2-d", volumes: "delete" })).toMatchObject({ result: { keptVolumes: [] } });
  expect(existsSync(folderOf("h2-d"))).toBe(false);
  expect(await machine.engine.volumes("appos-h2-d")).toEqual([]);
});

test("an app whose files are gone can still be stopped and removed", async () => {
  await deploy("h2-e", 1, sleeper("init: false"));
  await machine.files.remove(folderOf("h2-e"));
  expect(await run("stop-app", { name: "h2-e" })).toMatchObject({ outcome: "succeeded" });
  expect(await run("remove-app", { name: "h2-e", volumes: "keep" })).toMatchObject({ outcome: "succeeded" });
  expect(await containers("h2-e")).toEqual([]);
});

test("what is kept of a release, for root's eyes only; ten of them", async () => {
  const env = [{ key: "WORD", value: 'a "quoted" $word\nof two lines', secret: true }];
  const compose = sleeper(`labels: {word: "$WORD"}`);
  for (let release = 1; release <= 12; release++) await deploy("h2-f", release, compose, { env });

  const folder = folderOf("h2-f");
  expect(readFileSync(join(folder, "compose.yaml"), "utf8")).toBe(compose);
  expect(JSON.parse(readFileSync(join(folder, "current.json"), "utf8"))).toMatchObject({ release: 12 });
  expect(
    readdirSync(join(folder, "releases"))
      .map(Number)
      .sort((a, b) => a - b),
  ).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(readdirSync(join(folder, "releases/12")).sort()).toEqual([
    "canonical.yaml",
    "compose.yaml",
    "env",
    "files.json",
    "manifest.json",
    "secrets.env",
  ]);
  for (const file of [".env", "current.json", "releases/12/canonical.yaml", "releases/12/env"])
    expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test("a secret reaches its container from a variable, and the control plane only as asterisks", async () => {
  const compose = `services:
  web:
    image: ${BUSYBOX}
    command: [sh, -c, "cat /run/secrets/word; echo; exec sleep 600"]
    stop_signal: KILL
    environment: {PASSWORD: "\${PASSWORD}"}
    secrets: [word]
secrets: {word: {environment: PASSWORD}}`;
  const ending = await deploy("h2-g", 1, compose, { env: [{ key: "PASSWORD", value: "hunter-2$x", secret: true }] });
  expect(ending).toMatchObject({ outcome: "succeeded" });
  const { canonical } = ending.result as { canonical: string };
  expect(canonical).not.toContain("hunter-2");
  expect(canonical).toContain('PASSWORD: "********"');

  const [container] = await machine.engine.containers({ project: "appos-h2-g" });
  const said: string[] = [];
  await machine.engine.logs(
    container!,
    { follow: false },
    async (parts) => void said.push(...parts.map(({ text }) => text)),
    new AbortController().signal,
  );
  expect(said).toEqual(["hunter-2$x"]);
  expect(await deploy("h2-g", 2, compose)).toMatchObject({
    error: { code: "INVALID_COMPOSE", message: expect.stringContaining("PASSWORD") },
  });
});

test("a mount that leads elsewhere through a link is refused", async () => {
  mkdirSync(folderOf("h2-h"), { recursive: true });
  symlinkSync("/etc", join(folderOf("h2-h"), "data"));
  const ending = await deploy("h2-h", 1, sleeper(`volumes: ["./data/ssl:/data"]`));
  expect(ending).toMatchObject({ error: { code: "POLICY_REFUSED", details: { rule: "host-mount", service: "web", step: "resolve" } } });
});
