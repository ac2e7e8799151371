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

/** Release 3 keeps its data in another volume than release 1 did, and there is data in it. */
async function dataElsewhere() {
  const it = await world();
  const compose = (image: string, volume: string) =>
    `services: {web: {image: "${image}", volumes: [{type: volume, source: ${volume}, target: /data}]}}\nvolumes: {${volume}: {name: appos-blog_${volume}}}`;
  const deploy = (release: number, image: string, volume: string, confirmed: string[] = [], attempt = 1) =>
    it.run("deploy-app", { release, compose: compose(image, volume), env: [], confirmed }, attempt);
  expect(await deploy(3, "nginx:1", "old")).toMatchObject({ outcome: "succeeded" });
  expect(await deploy(4, "nginx:2", "new")).toMatchObject({ outcome: "succeeded" });
  it.server.facts.volumes.set("appos-blog_new", { empty: false });
  it.server.commands.length = 0;
  const files = () => JSON.stringify([...it.server.files]);
  const remake = {
    compose: compose("nginx:1", "old"),
    env: [{ key: "A", value: "b" }],
    images: [{ service: "web", image: "nginx:1", digest: "sha256:nginx:1" }],
  };
  return { ...it, deploy, files, remake };
}

test.each(["kept", "made anew"])(
  "a release that is %s and would leave data behind is not gone back to unless that was confirmed",
  async (how) => {
    const { back, files, remake, running, verbs } = await dataElsewhere();
    const more = how === "kept" ? {} : { remake };
    const before = files();
    const stopped = await back(3, { ...more, confirmed: ["volume-orphaned:new"] });
    expect(stopped).toMatchObject({
      error: { code: "CONFIRMATION_NEEDED", details: { step: "resolve", dangers: [{ id: "volume-renamed:new", level: "stop" }] } },
    });
    expect([files(), verbs(), running()]).toEqual([before, [], ["nginx:2 running"]]);
    expect(await back(3, { ...more, confirmed: ["volume-renamed:new"] })).toMatchObject({ outcome: "succeeded" });
    expect(running()).toEqual(["nginx:1 running"]);
  },
);

test("where nobody could be asked, as by a control plane of before, it is only said", async () => {
  const { back, running } = await dataElsewhere();
  const { outcome, said } = await back(3);
  expect([outcome, said.some((line) => line.includes("the volume appos-blog_new"))]).toEqual(["succeeded", true]);
  expect(running()).toEqual(["nginx:1 running"]);
});

test("what is put back after a failure asks nobody", async () => {
  const { server, back, deploy, running } = await dataElsewhere();
  server.onStart = ({ status }) => void (status.image === "nginx:1" && Object.assign(status, { state: "exited", exitCode: 1 }));
  server.facts.volumes.set("appos-blog_old", { empty: false });
  const confirmed = ["volume-renamed:new"];
  for (const ended of [await back(3, { confirmed }), await deploy(5, "nginx:1", "old", confirmed)])
    expect(ended).toMatchObject({ error: { code: "UNHEALTHY", details: { restored: 4 } } });
  expect(running()).toEqual(["nginx:2 running"]);
});

test.each(["deployment", "roll-back"])(
  "a %s that was cut off after it had begun comes to its end, whatever holds data since",
  async (kind) => {
    const { server, back, deploy, running } = await dataElsewhere();
    server.facts.volumes.clear();
    const attempt = (number: number) =>
      kind === "roll-back" ? back(3, { confirmed: [] }, number) : deploy(5, "nginx:1", "old", [], number);
    const { write } = server.machine.files;
    let cut: [string, string][] = [];
    server.machine.files.write = async (texts) => {
      await write(texts);
      if (Object.keys(texts).some((path) => path.endsWith("before.json"))) cut = [...server.files];
    };
    await attempt(1);
    server.files = new Map(cut);
    expect([...server.files.keys()].filter((path) => path.endsWith("before.json"))).toHaveLength(1);
    server.facts.volumes.set("appos-blog_new", { empty: false });
    expect(await attempt(2)).toMatchObject({ outcome: "succeeded" });
    expect(running()).toEqual(["nginx:1 running"]);
  },
);

test("what was noted before release 1 was started first says nothing about a later roll-back to it that was cut off early", async () => {
  const { server, back, running } = await world();
  server.onStart = ({ status }) => void (status.image === "nginx:1" && Object.assign(status, { state: "exited", exitCode: 1 }));
  expect((await back(1, {}, 2)).error?.message).toContain("Release 2 was put back and runs.");
  expect(running()).toEqual(["nginx:2 running"]);
  expect([...server.files.keys()].filter((path) => path.endsWith("before.json"))).toEqual([]);
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
