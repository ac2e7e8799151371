import { expect, test } from "vitest";
import { fakeMachine } from "../machine/fake-machine.ts";
import { runJob } from "../run-job.ts";
import { voice } from "../voice.ts";

/** A server in memory, on which releases 1 and 2 of the app blog ran, and 2 runs. */
async function world() {
  const server = fakeMachine();
  const stop = new AbortController();
  async function run(kind: "deploy-app" | "rollback-app", input: object, attempt = 1) {
    const said: string[] = [];
    const say = voice(({ step, stream, text }) => void said.push(stream === "step" ? `${step} ${text}` : text));
    const context = { machine: server.machine, say, signal: stop.signal, attempt };
    return { ...(await runJob(kind, { appId: "app_blog", name: "blog", ...input }, context)), said };
  }
  const deploy = (release: number, image: string, keep = 10) =>
    run("deploy-app", { release, compose: `services: {web: {image: "${image}"}}`, env: [], keep });
  server.images = new Set(["nginx:1", "nginx:2"]);
  await deploy(1, "nginx:1");
  await deploy(2, "nginx:2");
  server.commands.length = 0;
  const back = (release: number, more: object = {}, attempt?: number) => run("rollback-app", { release, ...more }, attempt);
  const running = () => server.containers.map(({ status }) => `${status.image} ${status.state}`);
  const verbs = () => server.commands.map((command) => /\b(up|pull|stop|restart|down)\b/.exec(command)![0]);
  return { server, run, deploy, back, stop, running, verbs };
}

test("a release that is not kept, and that nobody tells how to make, is refused with those that are", async () => {
  const { back, running } = await world();
  expect(await back(9)).toMatchObject({
    error: {
      code: "NOT_DEPLOYED",
      message: "Release 9 never ran on this server, or is not kept. Kept here: 1.",
      details: { step: "check" },
    },
  });
  expect(running()).toEqual(["nginx:2 running"]);
});

test("a kept release is put back without pulling, and back again", async () => {
  const { back, running, verbs } = await world();
  expect(await back(1)).toMatchObject({ outcome: "succeeded", result: { images: [{ service: "web", image: "nginx:1" }] } });
  expect(running()).toEqual(["nginx:1 running"]);
  expect(await back(2)).toMatchObject({ outcome: "succeeded" });
  expect(running()).toEqual(["nginx:2 running"]);
  expect(verbs()).toEqual(["up", "up"]);
});

test("a release of the same number that is another one here is made anew from what was asked for", async () => {
  const { back, running } = await world();
  const remake = {
    compose: 'services: {web: {image: "nginx:1"}}',
    env: [],
    images: [{ service: "web", image: "nginx:1", digest: "sha256:nginx:1" }],
  };
  const ended = await back(2, { remake });
  expect(ended).toMatchObject({ outcome: "succeeded" });
  expect(ended.said).toContain("Release 2 is not kept on this server as it was deployed, and is made anew.");
  expect(running()).toEqual(["nginx:1 running"]);
  expect((await back(1, { remake: { ...remake } })).said).not.toContain(
    "Release 1 is not kept on this server as it was deployed, and is made anew.",
  );
});

test.each([
  ["deployed", "deploy-app"],
  ["gone back to", "rollback-app"],
] as const)("another release of the live one's number that is %s and fails leaves what ran, with its files", async (_, kind) => {
  const { server, run, running } = await world();
  const kept = () => Object.fromEntries([...server.files].filter(([path]) => /releases\/2\/(?!before)/.test(path)));
  const before = kept();
  server.onStart = ({ status }) => void (status.image === "nginx:1" && Object.assign(status, { state: "exited", exitCode: 1 }));
  const made = { compose: 'services: {web: {image: "nginx:1"}}', env: [], files: [{ path: "a.conf", content: "a" }] };
  const remake = { ...made, images: [{ service: "web", image: "nginx:1", digest: "sha256:nginx:1" }] };
  const other = () => run(kind, { release: 2, ...(kind === "deploy-app" ? made : { remake }) });
  expect(await other()).toMatchObject({ error: { code: "UNHEALTHY", details: { restored: 2 } } });
  expect(running()).toEqual(["nginx:2 running"]);
  expect(kept()).toEqual(before);

  // Cut off in the middle: the next attempt still knows what ran.
  const { write } = server.machine.files;
  let cut: [string, string][] = [];
  server.machine.files.write = async (texts) => {
    if (Object.keys(texts).some((path) => path.endsWith("2/before.json"))) cut = [...server.files];
    return write(texts);
  };
  await other();
  for (const [path, text] of cut) server.files.set(path, text);
  expect(server.files.get("/var/lib/appos/apps/blog/releases/2/compose.yaml")).toBe(made.compose);
  expect(await run(kind, { release: 2, ...(kind === "deploy-app" ? made : { remake }) }, 2)).toMatchObject({ outcome: "failed" });
  expect(running()).toEqual(["nginx:2 running"]);
  expect(kept()).toEqual(before);

  server.onStart = () => {};
  expect(await other()).toMatchObject({ outcome: "succeeded" });
  expect(running()).toEqual(["nginx:1 running"]);
  expect([...server.files.keys()].filter((path) => path.endsWith("/former.json"))).toEqual([]);
});

test("with other config files it is another release", async () => {
  const { back } = await world();
  const remake = {
    compose: 'services: {web: {image: "nginx:1"}}',
    env: [],
    files: [{ path: "a.conf", content: "a" }],
    images: [{ service: "web", image: "nginx:1", digest: "sha256:nginx:1" }],
  };
  expect((await back(1, { remake })).said).toContain("Release 1 is not kept on this server as it was deployed, and is made anew.");
});

test("what cannot be gone back to makes way for what ran; canceled, too", async () => {
  const { server, back, running } = await world();
  server.onStart = ({ status }) => void (status.image === "nginx:1" && Object.assign(status, { state: "exited", exitCode: 1 }));
  expect(await back(1)).toMatchObject({ error: { code: "UNHEALTHY", details: { restored: 2 } } });
  expect(running()).toEqual(["nginx:2 running"]);

  const late = await world();
  late.server.onRun = () => late.stop.abort("canceled");
  const { outcome, said } = await late.back(1);
  expect([outcome, said.includes("restore succeeded")]).toEqual(["canceled", true]);
  expect(late.running()).toEqual(["nginx:2 running"]);
});

test("cut off in the middle, the next attempt knows how the app was before, and canceled takes it back", async () => {
  const { server, back, stop, running } = await world();
  server.files.set("/var/lib/appos/apps/blog/releases/1/before.json", JSON.stringify({ ran: true }));
  server.containers = [];
  stop.abort("canceled");
  const { outcome, said } = await back(1, {}, 2);
  expect([outcome, said.includes("restore succeeded")]).toEqual(["canceled", true]);
  expect(running()).toEqual(["nginx:2 running"]);
});

test("images of kept releases are held as long as they are kept, and no longer", async () => {
  const { server, deploy, back } = await world();
  const held = () => server.keepers.map(({ imageId }) => imageId);
  expect(held()).toEqual(["sha256:nginx:1"]);
  await back(1);
  expect(held()).toEqual(["sha256:nginx:2"]);
  server.images.add("nginx:3");
  await deploy(3, "nginx:3", 2);
  // Of two, the live one is one: the newer of the others stays.
  expect(held()).toEqual(["sha256:nginx:2"]);
  expect([...server.files.keys()].filter((path) => path.includes("/releases/1/"))).toEqual([]);
});
