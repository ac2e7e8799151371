import type { JobKind } from "@appos/shared/jobs";
import { expect, test } from "vitest";
import { fakeMachine } from "../machine/fake-machine.ts";
import { CommandFailed } from "../machine/machine.ts";
import { runJob } from "../run-job.ts";
import { voice } from "../voice.ts";

/** A server in memory, on which release 1 of the app blog runs. */
async function world({ live = true } = {}) {
  const server = fakeMachine();
  const stop = new AbortController();
  async function run(kind: JobKind, input: object, attempt = 1) {
    const said: string[] = [];
    const say = voice(({ step, stream, text }) => void said.push(stream === "step" ? `${step} ${text}` : text));
    const ending = await runJob(
      kind,
      { appId: "app_blog", name: "blog", ...input },
      { machine: server.machine, say, signal: stop.signal, attempt },
    );
    return { ...ending, said };
  }
  const deploy = (release: number, image: string, attempt?: number) =>
    run("deploy-app", { release, compose: `services: {web: {image: "${image}"}}`, env: [] }, attempt);
  server.images = new Set(["nginx:1", "nginx:2"]);
  if (live) await deploy(1, "nginx:1");
  server.commands.length = 0;
  const running = () => server.containers.map(({ status }) => `${status.image} ${status.state}`);
  const verbs = () => server.commands.map((command) => /\b(up|pull|stop|restart|down)\b/.exec(command)![0]);
  return { server, run, deploy, stop, running, verbs };
}
const failedWith = (...lines: string[]) => new CommandFailed("docker-compose ended with exit code 1", 1, lines);

test("without Docker a deploy fails at once, and says what to do", async () => {
  const { server, deploy } = await world({ live: false });
  server.dockerProblem = "Docker is installed but does not run. Start it: systemctl start docker";
  expect(await deploy(1, "nginx:1")).toMatchObject({
    outcome: "failed",
    error: { code: "DOCKER_UNAVAILABLE", message: server.dockerProblem, details: { step: "check" } },
    said: ["check started", "check failed"],
  });
});

test("what may not run on this server is refused before anything is touched", async () => {
  const { run, verbs } = await world();
  const refused = await run("deploy-app", { release: 2, compose: "services: {web: {image: nginx, privileged: true}}", env: [] });
  expect(refused).toMatchObject({ error: { code: "POLICY_REFUSED", details: { rule: "privileged", service: "web", step: "resolve" } } });
  expect(verbs()).toEqual([]);
});

test("only the images that are not here are pulled", async () => {
  const { deploy, verbs, running } = await world();
  expect((await deploy(2, "nginx:2")).said).toContain("pull skipped");
  expect((await deploy(3, "redis:7")).said).toContain("pull succeeded");
  expect(verbs()).toEqual(["up", "pull", "up"]);
  expect(running()).toEqual(["redis:7 running"]);
});

test.each([
  ["manifest for ghcr.io/team/web:9 not found: manifest unknown: manifest unknown", 1, "IMAGE_NOT_FOUND"],
  ['Get "https://ghcr.io/v2/": dial tcp: lookup ghcr.io on 10.0.0.53:53: no such host', 1, "REGISTRY_UNREACHABLE"],
  ['Get "https://ghcr.io/v2/": dial tcp 10.0.0.9:443: connect: connection refused', 1, "REGISTRY_UNREACHABLE"],
  ["pull access denied for ghcr.io/team/web, repository does not exist or may require 'docker login'", 2, "IMAGE_NOT_FOUND"],
])("a control plane that is away is waited for only where a login may help: %s", async (line, times, code) => {
  const { server } = await world({ live: false });
  server.onRun = (command) => {
    if (command.includes("pull")) throw failedWith(` web Error ${line}`, `Error response from daemon: ${line}`);
  };
  const asked: number[] = [];
  const logins = async (_: string[], patienceMs: number) => void asked.push(patienceMs);
  const input = { appId: "app_blog", name: "blog", release: 1, compose: 'services: {web: {image: "ghcr.io/team/web:9"}}', env: [] };
  const context = { machine: server.machine, say: voice(() => undefined), signal: AbortSignal.any([]), attempt: 1, logins };
  expect(await runJob("deploy-app", input, context)).toMatchObject({ error: { code } });
  expect(asked).toEqual([3_000, 300_000].slice(0, times));
});

test("a release that does not come up makes way for the one before", async () => {
  const { server, deploy, running } = await world();
  server.onStart = ({ status }) => void (status.image === "nginx:2" && Object.assign(status, { state: "exited", exitCode: 1 }));
  server.logs.set("appos-blog-web-1", [{ stream: "stderr", stamp: "", text: "no configuration" }]);
  const ending = await deploy(2, "nginx:2");
  expect(ending).toMatchObject({
    error: {
      code: "UNHEALTHY",
      message: expect.stringMatching(/no configuration.*Release 1 was put back and runs\.$/),
      details: { step: "health", service: "web", restored: 1, lines: ["no configuration"] },
    },
  });
  expect(ending.said.filter((text) => /^(health|restore) /.test(text))).toEqual([
    "health started",
    "health failed",
    "restore started",
    "restore succeeded",
  ]);
  expect(running()).toEqual(["nginx:1 running"]);
});

test("a release that cannot be put back is said to be missing", async () => {
  const { server, deploy } = await world();
  server.onStart = ({ status }) => void Object.assign(status, { state: "exited", exitCode: 1 });
  const { error } = await deploy(2, "nginx:2");
  expect(error).toMatchObject({ code: "UNHEALTHY", message: expect.stringContaining("Release 1 could not be put back") });
  expect(error!.details).not.toHaveProperty("restored");
});

test("Docker going away in the middle is waited for, and the deploy goes on", async () => {
  const { server, deploy, running } = await world();
  server.onRun = () => void (server.commands.length === 1 && (server.dockerProblem = "Docker does not answer"));
  const away = server.machine.now();
  server.onSleep = (now) => void (now > away + 20_000 && (server.dockerProblem = undefined));
  const ending = await deploy(2, "nginx:2");
  expect(ending.outcome).toBe("succeeded");
  expect(ending.said).toContain("Docker is back. Going on.");
  expect(running()).toEqual(["nginx:2 running"]);
});

test("Docker that does not come back within a minute ends the deploy, which says in which step", async () => {
  const { server, deploy } = await world();
  server.onRun = () => void (server.dockerProblem = "Start it: systemctl start docker");
  const { error } = await deploy(2, "nginx:2");
  expect(error).toMatchObject({ code: "DOCKER_UNAVAILABLE", details: { step: "start" } });
  expect(error!.message).toContain("systemctl start docker");
});

test("a name taken by what a crash left behind is freed, three times at most", async () => {
  const { server, deploy, verbs } = await world();
  const conflict = failedWith(
    'Error response from daemon: Conflict. The container name "/appos-blog-web-1" is already in use by container "abc".',
  );
  server.containers[0]!.status.container = "0123456789ab_appos-blog-web-1";
  server.onRun = () => {
    if (server.containers.some(({ status }) => status.container.startsWith("0123456789ab_"))) throw conflict;
  };
  expect(await deploy(2, "nginx:2")).toMatchObject({ outcome: "succeeded" });
  expect(verbs()).toEqual(["up", "up"]);

  server.onRun = (command) => {
    if (command.join(" ").includes("releases/3/")) throw conflict;
  };
  expect(await deploy(3, "nginx:1")).toMatchObject({ error: { code: "COMMAND_FAILED", details: { step: "start", restored: 2 } } });
});

test("a second attempt begins with what the first left behind", async () => {
  const { server, deploy } = await world();
  server.containers.push({
    ...structuredClone(server.containers[0]!),
    id: "left",
    status: { ...server.containers[0]!.status, container: "0123456789ab_appos-blog-web-1" },
  });
  const { said } = await deploy(2, "nginx:2", 2);
  expect(said).toContain("Removing 0123456789ab_appos-blog-web-1, which was left half made.");
  expect(server.containers).toHaveLength(1);
});

test("canceled before anything started: nothing to put back; canceled while starting: the release before is put back", async () => {
  const early = await world();
  early.stop.abort("canceled");
  expect(await early.deploy(2, "nginx:2")).toMatchObject({ outcome: "canceled", said: [] });

  const late = await world();
  late.server.onRun = () => late.stop.abort("canceled");
  const { outcome, said } = await late.deploy(2, "nginx:2");
  expect(outcome).toBe("canceled");
  expect(said).toEqual(expect.arrayContaining(["start canceled", "restore succeeded"]));
  expect(late.running()).toEqual(["nginx:1 running"]);
});

test("a full disk is named", async () => {
  const { server, deploy } = await world();
  server.machine.files.write = async () => Promise.reject(Object.assign(new Error("ENOSPC"), { code: "ENOSPC" }));
  expect(await deploy(2, "nginx:2")).toMatchObject({ error: { code: "DISK_FULL", details: { step: "resolve" } } });
});

test("a release that the server's owner allows no more is not started again, except by root on the server", async () => {
  const { server, run } = await world();
  server.policy = "registries: {only: [ghcr.io]}";
  for (const kind of ["start-app", "restart-app"] as const)
    expect(await run(kind, {})).toMatchObject({ error: { code: "POLICY_REFUSED", details: { rule: "registries", step: "check" } } });
  server.policy = "registries: {only: [docker.io]}";
  expect(await run("restart-app", {})).toMatchObject({ outcome: "succeeded" });
});

test.each([
  ["what ran is put back", { ran: true }, ["nginx:1 running"], true],
  ["what was stopped is put back as it was", { ran: false }, ["nginx:1 created"], true],
  ["what nobody has touched stays as it is", undefined, [], false],
])("canceled, and cut off while it was taken back, by the next attempt %s", async (_, before, after, restored) => {
  const { server, deploy, stop, running } = await world();
  server.containers = [];
  if (before) server.files.set("/var/lib/appos/apps/blog/releases/2/before.json", JSON.stringify(before));
  stop.abort("canceled");
  const { outcome, said } = await deploy(2, "nginx:2", 2);
  expect(outcome).toBe("canceled");
  expect(said.includes("restore succeeded")).toBe(restored);
  expect(running()).toEqual(after);
});

test("an attempt after another knows whether the app had run before", async () => {
  const { server, deploy, running } = await world();
  for (const { status } of server.containers) status.state = "exited";
  server.onRun = (command) => {
    if (command.join(" ").includes("releases/2/")) throw new CommandFailed("docker-compose ended", 1, ["no such thing"]);
  };
  await deploy(2, "nginx:2");
  server.containers = [];
  expect(await deploy(2, "nginx:2", 2)).toMatchObject({ outcome: "failed" });
  expect(running()).toEqual(["nginx:1 created"]);
});
