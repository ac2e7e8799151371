import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { questionKinds } from "@appos/shared/questions";
import { questions } from "../questions/index.ts";
import { appId, BUSYBOX, engineWorld } from "./engine-world.ts";

const world = engineWorld();
const { machine, run, containers } = world;
/** What is gone back to was there: where it was not, that is what is told. */
const deploy: typeof world.deploy = async (...given) => {
  const ending = await world.deploy(...given);
  expect(ending).toMatchObject({ outcome: "succeeded" });
  return ending;
};
const docker = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();

/** An image of this test's own, so that what it prunes is nobody else's. */
const LABEL = "appos-test-rollback=1";
const image = (word: string) => `appos-test/rollback-${word}:1`;
const idOf = (name: string) => docker("image", "inspect", "--format", "{{.Id}}", name);
/** Built upon nothing: no other image keeps its layers. */
function build(word: string, name = image(word)) {
  const id = docker("create", "--label", "appos-test-rollback-made=1", BUSYBOX, "sh");
  try {
    docker("commit", "--change", `LABEL ${LABEL}`, "--change", `ENV WORD=${word}`, "--change", 'VOLUME ["/cache"]', id, name);
  } finally {
    docker("rm", "-v", id);
  }
}
const prune = () => docker("image", "prune", "--all", "--force", "--filter", `label=${LABEL}`);
const keepers = (name: string) => machine.engine.imageKeepers(`appos-${name}`);

const service = (of: string, more = "") =>
  `services: {web: {image: "${of}", command: [sleep, "600"], stop_signal: KILL, volumes: ["store:/store"]${more}}}\nvolumes: {store: {}}\n`;
const inside = (name: string, ...command: string[]) => docker("exec", `appos-${name}-web-1`, ...command);
const rollBack = (name: string, release: number, more: object = {}) => run("rollback-app", { name, release, ...more });

beforeAll(() => ["one", "two", "three"].forEach((word) => build(word)));
afterAll(async () => {
  await world.end();
  docker("image", "prune", "--all", "--force", "--filter", `label=${LABEL}`);
});

test("a release is gone back to as it ran, though its images were pruned from sight and their tag was moved; its volumes are what they were", async () => {
  const first = idOf(image("one"));
  await deploy("r-a", 1, service(image("one")));
  inside("r-a", "sh", "-c", "echo precious > /store/file; echo warm > /cache/file");
  expect(await keepers("r-a")).toEqual([]);
  await deploy("r-a", 2, service(image("two")));
  expect(await keepers("r-a")).toMatchObject([{ imageId: first }]);

  docker("tag", image("three"), image("one"));
  prune();
  expect(() => idOf(image("three"))).toThrow();

  const back = await rollBack("r-a", 1);
  expect(back).toMatchObject({ outcome: "succeeded", steps: expect.arrayContaining(["pull skipped", "health succeeded"]) });
  expect((await machine.engine.containers({ project: "appos-r-a" }))[0]!.imageId).toBe(first);
  expect(inside("r-a", "cat", "/store/file", "/cache/file")).toBe("precious\nwarm");
  expect(docker("volume", "ls", "--quiet", "--filter", "label=com.docker.compose.project=appos-r-a")).toBe("appos-r-a_store");

  // And forward again, which is a roll-back as well.
  expect(await rollBack("r-a", 2)).toMatchObject({ outcome: "succeeded" });
  expect(inside("r-a", "sh", "-c", "echo $WORD; cat /store/file")).toBe("two\nprecious");
});

test("what a roll-back cannot start makes way for what ran", async () => {
  build("broken");
  const bad = `services: {web: {image: "${image("broken")}", command: [sh, -c, "test ! -e /store/file; sleep 600"], stop_signal: KILL, volumes: ["store:/store"]}}\nvolumes: {store: {}}\n`;
  await deploy("r-b", 1, bad.replace("test ! -e /store/file;", "test ! -e /store/file || exit 1;"));
  await deploy("r-b", 2, service(image("two")));
  inside("r-b", "touch", "/store/file");
  expect(await rollBack("r-b", 1)).toMatchObject({ error: { code: "UNHEALTHY", details: { restored: 2 } } });
  expect(await containers("r-b")).toMatchObject([{ image: image("two"), state: "running" }]);
  expect(await rollBack("r-b", 7)).toMatchObject({ error: { code: "NOT_DEPLOYED", message: expect.stringContaining("Kept here: 1.") } });
});

test("a roll-back to a release that kept its data elsewhere waits until somebody has confirmed it, and nothing was touched", async () => {
  const compose = (volume: string) =>
    `services: {web: {image: "${BUSYBOX}", command: [sleep, "600"], stop_signal: KILL, volumes: ["${volume}:/store"]}}\nvolumes: {${volume}: {}}\n`;
  await deploy("r-h", 1, compose("store"));
  await deploy("r-h", 2, compose("orders"));
  inside("r-h", "sh", "-c", "echo precious > /store/file");
  const was = await containers("r-h");
  const question = questionKinds.plan.input.parse({ appId: appId("r-h"), name: "r-h", compose: compose("store"), env: [] });
  const { dangers } = await questions.plan(question, { machine, signal: new AbortController().signal });
  const ids = dangers.filter(({ level }) => level === "stop").map(({ id }) => id);
  expect(ids).toEqual(["volume-renamed:orders"]);

  const stopped = await rollBack("r-h", 1, { confirmed: ["volume-renamed:store"] });
  expect(stopped).toMatchObject({ error: { code: "CONFIRMATION_NEEDED", details: { step: "resolve", dangers: [{ id: ids[0] }] } } });
  expect(await containers("r-h")).toEqual(was);

  expect(await rollBack("r-h", 1, { confirmed: ids })).toMatchObject({ outcome: "succeeded" });
  expect(inside("r-h", "ls", "/store")).toBe("");
  // The volume of release 1 is empty: nothing is left behind on the way forward, where the data still is.
  expect(await rollBack("r-h", 2, { confirmed: [] })).toMatchObject({ outcome: "succeeded" });
  expect(inside("r-h", "cat", "/store/file")).toBe("precious");
});

test("what keeps an image is no part of a project, whatever the image calls itself", async () => {
  const labels = "com.docker.compose.project=appos-r-f com.docker.compose.service=web com.docker.compose.oneoff=False appos.app=app_rf";
  const kept = idOf(image("two"));
  const id = docker("create", image("two"));
  docker("commit", "--change", `LABEL ${labels}`, "--change", 'VOLUME ["/cache"]', id, image("posing"));
  docker("rm", "-v", id);
  await deploy("r-f", 1, service(image("two")));
  await deploy("r-e", 1, service(image("posing")));
  await deploy("r-e", 2, service(image("two")));
  const posing = idOf(image("posing"));
  expect(posing).not.toBe(kept);
  expect(await keepers("r-e")).toMatchObject([{ imageId: posing }]);
  await machine.engine.filesInImage(posing, ["/bin/sh"]);

  const ids = async (of: Parameters<typeof machine.engine.containers>[0]) =>
    (await machine.engine.containers(of)).map((each) => each.imageId);
  expect(await ids({ project: "appos-r-f" })).toEqual([kept]);
  expect(await ids({ appId: "app_rf" })).toEqual([kept]);
  expect(await ids("apps")).not.toContain(posing);
  const projects = await machine.engine.projects();
  expect(projects.flatMap(({ containers }) => containers.map(({ imageId }) => imageId))).not.toContain(posing);
  expect(docker("ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project=appos-r-f").split("\n")).toHaveLength(1);
  expect(await deploy("r-f", 2, service(image("two"), ", environment: {A: b}"))).toMatchObject({ outcome: "succeeded" });
});

test("two apps that share an image keep it each for itself; it goes when neither keeps a release of it", async () => {
  build("shared");
  for (const name of ["r-c", "r-d"]) {
    await deploy(name, 1, service(image("shared")));
    await deploy(name, 2, service(image("two")));
  }
  expect([await keepers("r-c"), await keepers("r-d")]).toMatchObject([[{}], [{}]]);
  await run("remove-app", { name: "r-c", volumes: "delete" });
  prune();
  expect(idOf((await keepers("r-d"))[0]!.imageId)).toBeTruthy();
  // With two releases kept, the first is forgotten by the third.
  await run("deploy-app", { name: "r-d", release: 3, compose: service(image("two"), ", labels: {x: y}"), env: [], keep: 2 });
  expect(await keepers("r-d")).toEqual([]);
  expect(await rollBack("r-d", 1)).toMatchObject({ error: { code: "NOT_DEPLOYED" } });
});

test("a server that has lost its files makes a release anew from what it is told, with the image that ran", async () => {
  await deploy("r-e", 1, service(BUSYBOX, ", environment: {WORD: '${WORD}'}"), { env: [{ key: "WORD", value: "a $b 'c'" }] });
  const [before] = await machine.engine.containers({ project: "appos-r-e" });
  rmSync(join(machine.folder, "apps/r-e"), { recursive: true });
  const remake = {
    compose: service(BUSYBOX, ", environment: {WORD: '${WORD}'}"),
    env: [{ key: "WORD", value: "a $b 'c'", secret: false }],
    images: [{ service: "web", image: BUSYBOX, digest: before!.imageId }],
  };
  expect(await rollBack("r-e", 1)).toMatchObject({ error: { code: "NOT_DEPLOYED" } });
  expect(await rollBack("r-e", 1, { remake })).toMatchObject({ outcome: "succeeded" });
  expect(inside("r-e", "sh", "-c", 'echo "$WORD"')).toBe("a $b 'c'");
  expect((await machine.engine.containers({ project: "appos-r-e" }))[0]!.imageId).toBe(before!.imageId);
});

test("what docker update changed is put right by going back to what is live; its anonymous volumes stay with it", async () => {
  await deploy("r-f", 1, service(image("two")));
  inside("r-f", "sh", "-c", "echo warm > /cache/file");
  docker("update", "--memory", "64m", "--memory-swap", "64m", "appos-r-f-web-1");
  const memory = () => docker("inspect", "--format", "{{.HostConfig.Memory}}", "appos-r-f-web-1");
  expect(memory()).toBe("67108864");
  expect(await rollBack("r-f", 1)).toMatchObject({ outcome: "succeeded" });
  expect([memory(), inside("r-f", "cat", "/cache/file")]).toEqual(["0", "warm"]);
});

test("config files are those of the release that runs: after a deploy that failed, and after a roll-back", async () => {
  const file = (content: string) => [{ path: "conf/word", content, encoding: "text", executable: false }];
  const compose = (command: string) =>
    `services: {web: {image: "${BUSYBOX}", command: [sh, -c, "${command}"], stop_signal: KILL, volumes: ["./conf:/conf:ro"]}}`;
  const release = (number: number, content: string, command = "exec sleep 600") =>
    run("deploy-app", { name: "r-g", release: number, compose: compose(command), env: [], files: file(content) });
  const word = () => inside("r-g", "cat", "/conf/word");
  await release(1, "one");
  await release(2, "two");
  expect(word()).toBe("two");
  expect(await release(3, "three", "exit 1")).toMatchObject({ error: { code: "UNHEALTHY", details: { restored: 2 } } });
  expect(word()).toBe("two");
  expect(await rollBack("r-g", 1)).toMatchObject({ outcome: "succeeded" });
  expect(word()).toBe("one");
});
