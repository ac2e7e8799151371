import { execFile, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openActLog } from "../acts/act-log.ts";
import { cli as runCli } from "../host/cli.ts";
import { BUSYBOX, engineWorld } from "./engine-world.ts";
import { nodeDisk } from "./node-disk.ts";

const world = engineWorld();
afterAll(world.end);
const { machine, deploy, containers } = world;
const main = join(import.meta.dirname, "../main.ts");

const env = { PATH: process.env["PATH"], APPOS_AGENT_DIR: machine.folder, DOCKER_HOST: process.env["DOCKER_HOST"] };
/** `appos-agent`, as root types it on a server where no agent runs. */
async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const say = (line: string) => void (out += `${line}\n`);
  const complain = (line: string) => void (err += `${line}\n`);
  return { code: await runCli(args, { ...env }, { say, complain, interactive: false, screen: false, readLine: async () => "" }), out, err };
}
const serving = (words: string, more = "") =>
  `services:\n  web: {image: "${BUSYBOX}", command: [sh, -c, "echo ${words}; exec sleep 600"], stop_signal: KILL${more}}\n`;
async function acts() {
  const disk = await nodeDisk(join(machine.folder, "journal"));
  const all = (await openActLog(disk)).all();
  await disk.close();
  return all;
}
const deployed = async (...args: Parameters<typeof deploy>) => expect((await deploy(...args)).error).toBeUndefined();
const states = async (name: string) => (await containers(name)).map(({ state }) => state);
const words = async (name: string) => (await cli("logs", name)).out.trim().split("\n").at(-1);

test("without an agent: list, read, stop, start and roll back; all of it is there to be told later", async () => {
  await deployed("hc-a", 1, serving("one"));
  await deployed("hc-a", 2, serving("two"));

  const listed = await cli("ls");
  expect(listed.out).toMatch(/^APP +STATUS +RELEASE +RUNNING +KEPT +SINCE +PORTS\nhc-a +running +2 +1 of 1 +2 1 +20\d\d-\S+Z +-\n$/);
  expect(listed.code).toBe(0);
  expect(await words("hc-a")).toBe("web | two");

  expect(await cli("stop", "hc-a")).toMatchObject({ code: 0, out: expect.stringContaining("hc-a is stopped.\n") });
  expect(await states("hc-a")).toEqual(["exited"]);
  expect(JSON.parse((await cli("ls", "--json")).out)).toMatchObject([{ name: "hc-a", status: "stopped", release: 2, releases: [2, 1] }]);

  expect(await cli("start", "hc-a")).toMatchObject({ code: 0, out: expect.stringContaining("hc-a runs: web.\n") });
  expect(await states("hc-a")).toEqual(["running"]);

  expect(await cli("rollback", "hc-a")).toMatchObject({ code: 0, out: expect.stringContaining("hc-a runs release 1: web.\n") });
  expect(await words("hc-a")).toBe("web | one");
  expect(JSON.parse(readFileSync(join(machine.folder, "apps/hc-a/current.json"), "utf8"))).toMatchObject({ release: 1 });
  expect(readFileSync(join(machine.folder, "apps/hc-a/compose.yaml"), "utf8")).toBe(serving("one"));
  expect(await cli("rollback", "hc-a", "2")).toMatchObject({ code: 0 });
  expect(await words("hc-a")).toBe("web | two");

  const appId = "app_hca";
  expect(await acts()).toMatchObject([
    { kind: "stop-app", name: "hc-a", appId, ended: { outcome: "succeeded", release: 2 } },
    { kind: "start-app", appId, ended: { outcome: "succeeded", release: 2 } },
    { kind: "rollback-app", appId, ended: { outcome: "succeeded", release: 1 } },
    { kind: "rollback-app", appId, ended: { outcome: "succeeded", release: 2 } },
  ]);
  const listedJobs = await cli("jobs");
  expect(listedJobs.out).toMatch(/^KIND +APP +STATE +SINCE +BY +ID\nstop-app +hc-a +ended, to be reported +\S+ +root +hact_/);
  expect(JSON.parse((await cli("jobs", "--json")).out)).toHaveLength(4);
});

test("a rollback that does not come up puts back what ran", async () => {
  await deployed("hc-b", 1, serving("fine"));
  await deployed("hc-b", 2, serving("better"));
  const canonical = join(machine.folder, "apps/hc-b/releases/1/canonical.yaml");
  writeFileSync(canonical, readFileSync(canonical, "utf8").replace("exec sleep 600", "exit 3"));
  const failed = await cli("rollback", "hc-b", "1");
  expect(failed).toMatchObject({ code: 1, err: expect.stringContaining("Release 2 was put back and runs.") });
  expect(await states("hc-b")).toEqual(["running"]);
  expect(await words("hc-b")).toBe("web | better");
  expect((await acts()).at(-1)).toMatchObject({ ended: { outcome: "failed", release: 2, error: { code: "UNHEALTHY" } } });
});

test("a rollback runs the image that ran then, though its tag was moved; nothing is pulled", async () => {
  const tag = "appos-test/moving:1";
  const docker = (...args: string[]) =>
    new Promise<void>((done, failed) => execFile("docker", args, (error) => (error ? failed(error) : done())));
  await docker("tag", BUSYBOX, tag);
  await deployed("hc-c", 1, serving("tagged").replace(BUSYBOX, tag));
  const [former] = await machine.engine.containers({ project: "appos-hc-c" });
  await deployed("hc-c", 2, serving("other"));
  await docker("run", "--network", "none", "--name", "appos-test-moving", BUSYBOX, "touch", "/moved");
  await docker("commit", "appos-test-moving", tag);
  await docker("rm", "appos-test-moving");
  expect(await cli("rollback", "hc-c")).toMatchObject({ code: 0 });
  const [now] = await machine.engine.containers({ project: "appos-hc-c" });
  expect(now!.imageId).toBe(former!.imageId);
  await docker("rmi", tag);
});

test("a log is followed until whoever reads it has had enough", async () => {
  await deployed("hc-d", 1, serving("first").replace("exec sleep 600", "while :; do echo more; sleep 0.2; done"));
  const reader = spawn(process.execPath, [main, "logs", "-f", "--tail", "3", "hc-d"], { env });
  let heard = "";
  reader.stdout.setEncoding("utf8").on("data", (text: string) => (heard += text));
  await expect.poll(() => heard.split("\n").length, { timeout: 20_000 }).toBeGreaterThan(8);
  reader.kill("SIGINT");
  expect(await new Promise((ended) => reader.on("exit", ended))).toBe(0);
  expect(new Set(heard.trim().split("\n").slice(1))).toEqual(new Set(["web | more"]));
});

test("what does not fit is said in a sentence, and does nothing", async () => {
  expect(await cli("stop", "hc-none")).toMatchObject({ code: 1, err: expect.stringContaining("There is no app hc-none on this server.") });
  expect(await cli("stop", "../../etc")).toMatchObject({ code: 1, err: expect.stringContaining("is no app's name") });
  expect(await cli("stop")).toMatchObject({ code: 1, err: expect.stringContaining("Say which: appos-agent stop APP.") });
  expect(await cli("rollback", "hc-a", "x")).toMatchObject({ code: 1, err: expect.stringContaining("is no release's number") });
  expect(await cli("rollback", "hc-a", "9")).toMatchObject({ code: 1, err: expect.stringContaining("never ran on this server") });
  expect(await cli("logs", "hc-none")).toMatchObject({ code: 1, err: expect.stringContaining("There is no app hc-none") });
  expect(await cli("logs", "--tail", "many", "hc-a")).toMatchObject({ code: 1, err: expect.stringContaining("--tail") });
  expect(await cli("stop", "--force", "hc-a")).toMatchObject({ code: 2 });
});
