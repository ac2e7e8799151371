import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Login } from "@appos/shared/registries";
import { imageDigests } from "../questions/image-digests.ts";
import { registryTest } from "../questions/registry-test.ts";
import { BUSYBOX, engineWorld, processesWith } from "./engine-world.ts";
import { removeLogins, withLogins } from "./login-folder.ts";
import { login, PASSWORD, privateRegistry } from "./registry-world.ts";

const world = engineWorld();
let registry: Awaited<ReturnType<typeof privateRegistry>>;
let image: string;

beforeAll(async () => {
  registry = await privateRegistry(9331);
  image = registry.push(BUSYBOX, "team/web:1");
});
afterAll(async () => {
  await world.end();
  registry.end();
});

const compose = (name: string, command = "sleep 600") =>
  `services: {web: {image: "${name}", command: [sh, -c, "${command}"], stop_signal: KILL}}`;
const asked: string[][] = [];
const with_ = (...logins: Login[]) => ({ logins: async (hosts: string[]) => (asked.push(hosts), logins) });
const question = { machine: world.machine, signal: new AbortController().signal };

/** Where the password, or its base64 in a `config.json`, is found below a folder. */
function found(folder: string): string[] {
  const words = [PASSWORD, Buffer.from(`ada:${PASSWORD}`).toString("base64")];
  return (
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      // Compose itself lies here too.
      .filter((path) => (statSync(path, { throwIfNoEntry: false })?.size ?? Infinity) < 10_000_000)
      .filter((path) => words.some((word) => readFileSync(path, "latin1").includes(word)))
  );
}
const folders = () => readdirSync("/dev/shm").filter((name) => name.startsWith("appos-login-"));

test("without a login, with a wrong one, and for what is not there: each in plain words, and nothing is started", async () => {
  const none = await world.deploy("g-a", 1, compose(image), with_());
  expect(none).toMatchObject({
    error: {
      code: "REGISTRY_UNAUTHORIZED",
      message: expect.stringContaining(`has none for it. Add one under Settings, Registries, with the host ${registry.host}`),
      details: { step: "pull", service: "web" },
    },
  });
  const wrong = await world.deploy("g-a", 2, compose(image), with_(login(registry.host, "CNRY-wrong")));
  expect(wrong.error).toMatchObject({ code: "REGISTRY_UNAUTHORIZED", message: expect.stringContaining("refuses the login of ada") });
  const absent = await world.deploy("g-a", 3, compose(`${registry.host}/team/nosuch:1`), with_(login(registry.host)));
  expect(absent.error).toMatchObject({ code: "IMAGE_NOT_FOUND", message: expect.stringContaining("or ada may not read it") });
  const down = await world.deploy("g-a", 4, compose("127.0.0.1:9339/x:1"), with_());
  expect(down.error).toMatchObject({ code: "REGISTRY_UNREACHABLE", message: expect.stringContaining("does not answer this server") });
  const unknown = await world.deploy("g-a", 5, compose("registry.invalid/x:1"), with_());
  expect(unknown.error).toMatchObject({ code: "REGISTRY_UNREACHABLE", message: expect.stringContaining("named registry.invalid") });
  expect(await world.containers("g-a")).toEqual([]);
  expect(JSON.stringify([none, wrong, absent])).not.toContain("CNRY");
});

test("with its login an image is pulled, and the password lies in no file, no argument and no word of the job", async () => {
  const during: string[] = [];
  const look = () => void during.push(...found(world.folder), ...processesWith("CNRY"));
  asked.length = 0;
  const ending = await world.deploy("g-a", 6, compose(image), { ...with_(login(registry.host)), onSay: look });
  expect(ending).toMatchObject({ outcome: "succeeded", result: { images: [{ image, digest: expect.stringMatching(/^sha256:/) }] } });
  expect(ending.steps).toContain("pull succeeded");
  expect(asked).toEqual([[registry.host]]);
  look();
  expect(during).toEqual([]);
  expect(JSON.stringify(ending)).not.toContain("CNRY");
  expect(folders()).toEqual([]);

  // It is here now: nobody is asked for anything.
  expect(await world.deploy("g-a", 7, compose(image), with_())).toMatchObject({ outcome: "succeeded" });
  expect(asked).toHaveLength(1);
});

test("a control plane that is away is asked again once a login is needed", async () => {
  const hidden = registry.push(BUSYBOX, "team/later:1");
  let times = 0;
  const logins = async () => (++times === 1 ? undefined : [login(registry.host)]);
  expect(await world.deploy("g-b", 1, compose(hidden), { logins })).toMatchObject({ outcome: "succeeded" });
  expect(times).toBe(2);
});

test("a newer image behind the same tag is seen, and pulled where that is asked for", async () => {
  const { machine } = world;
  const ask = (images: string[]) => imageDigests({ images, logins: [login(registry.host)] }, question);
  const { images: before } = await ask([image, BUSYBOX]);
  const pinned = (await machine.engine.images([image])).get(image)!.digest;
  expect(before).toMatchObject([
    { digest: pinned, problem: null },
    { digest: null, madeHere: true },
  ]);

  const digest = await registry.change("team/web", "1");
  expect((await ask([image])).images).toMatchObject([{ digest, problem: null }]);
  expect(digest).not.toBe(pinned);

  const still = await world.deploy("g-a", 8, compose(image), with_(login(registry.host)));
  expect(still).toMatchObject({ result: { images: [{ digest: pinned }] } });
  const fresh = await world.run(
    "deploy-app",
    { name: "g-a", release: 9, compose: compose(image), env: [], refresh: ["web"] },
    with_(login(registry.host)),
  );
  expect(fresh).toMatchObject({ outcome: "succeeded", result: { images: [{ digest }] } });
  expect((await machine.engine.containers({ project: "appos-g-a" })).map(({ imageId }) => imageId)).toEqual([
    (await machine.engine.images([image])).get(image)!.id,
  ]);

  const { images: refused } = await imageDigests({ images: [image], logins: [] }, question);
  expect(refused).toMatchObject([{ digest: null, problem: { code: "REGISTRY_UNAUTHORIZED" } }]);
});

test("an update that does not work is taken back: what ran before runs again, though its tag names the newer image", async () => {
  const name = registry.push(BUSYBOX, "team/app:1");
  await registry.change("team/app", "1", { Cmd: ["sleep", "600"], StopSignal: "SIGKILL" });
  const deploy = (release: number, refresh: string[]) =>
    world.run(
      "deploy-app",
      { name: "g-c", release, compose: `services: {web: {image: "${name}"}}`, env: [], refresh },
      with_(login(registry.host)),
    );
  expect(await deploy(1, [])).toMatchObject({ outcome: "succeeded" });
  const [before] = await world.machine.engine.containers({ project: "appos-g-c" });

  await registry.change("team/app", "1", { Cmd: ["sh", "-c", "echo broken; exit 3"] });
  expect(await deploy(2, ["web"])).toMatchObject({
    outcome: "failed",
    error: { code: "UNHEALTHY", details: { service: "web", restored: 1 } },
  });
  const [after] = await world.machine.engine.containers({ project: "appos-g-c" });
  expect(after).toMatchObject({ imageId: before!.imageId, status: { state: "running" } });
  // And it is what the release says, by whatever name its image is called.
  const { services } = JSON.parse(readFileSync(join(world.folder, "agent/apps/g-c/releases/1/manifest.json"), "utf8"));
  expect(services.web.configHash).toBe(after!.configHash);
});

test("a login is tried by Docker itself", async () => {
  expect(await registryTest(login(registry.host), question)).toEqual({ problem: null });
  const { problem } = await registryTest(login(registry.host, "CNRY-wrong"), question);
  expect(problem).toMatchObject({ code: "REGISTRY_UNAUTHORIZED", message: expect.stringContaining("refuses the login of ada") });
  expect((await registryTest(login("127.0.0.1:9339"), question)).problem).toMatchObject({ code: "REGISTRY_UNREACHABLE" });
});

test("what a killed agent left in memory is gone after its next start; another agent's is left alone", async () => {
  const [mine, other] = ["/var/lib/a", "/var/lib/b"];
  let during: string[] = [];
  await withLogins(other, [login("x.example.org")], async () => {
    void withLogins(mine, [login("y.example.org")], () => new Promise(() => {}));
    await expect.poll(() => folders().length).toBe(2);
    await removeLogins(mine);
    during = folders();
  });
  expect(during).toHaveLength(1);
  expect(folders()).toEqual([]);
});
