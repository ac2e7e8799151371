import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Entry, type JobKind, jobKinds } from "@appos/shared/jobs";
import type { JobContext } from "../jobs/job.ts";
import { runJob } from "../run-job.ts";
import { settingsFrom } from "../settings.ts";
import { voice } from "../voice.ts";
import type { ProxySettings } from "./machine.ts";
import { nodeMachine } from "./node-machine.ts";

/** An image that needs no registry, with a shell and a web server in it. */
export const BUSYBOX = "appos-test/busybox:1";

/** A real server: this one's Docker Engine, with a folder of its own that goes when the tests end. */
export function engineWorld({ dockerHost, proxy = settingsFrom({}).proxy, nameServers = [] }: WorldOptions = {}) {
  buildBusybox(dockerHost);
  const folder = mkdtempSync(join(tmpdir(), "appos-engine-"));
  const machine = nodeMachine({
    dir: join(folder, "agent"),
    policyFile: join(folder, "policy.yaml"),
    agentVersion: "test",
    dockerHost,
    proxy,
    nameServers,
  });
  const apps = new Set<string>();

  /** Carries out a job as the agent does. */
  async function run(
    kind: JobKind,
    input: { name?: string } & Record<string, unknown>,
    { attempt = 1, signal = new AbortController().signal, onSay = (_: Said) => {}, logins }: RunOptions = {},
  ) {
    const ofApp = input.name === undefined ? {} : { appId: appId(input.name) };
    if (input.name !== undefined) apps.add(input.name);
    const said: Said[] = [];
    const say = voice((entry) => (said.push(entry), onSay(entry)));
    const ending = await runJob(kind, { ...ofApp, ...input }, { machine, say, signal, attempt, ...(logins && { logins }) });
    if (ending.outcome === "succeeded") jobKinds[kind].result.parse(ending.result);
    return { ...ending, said, steps: said.filter(({ stream }) => stream === "step").map(({ step, text }) => `${step} ${text}`) };
  }

  return {
    machine,
    folder,
    run,
    deploy: (name: string, release: number, compose: string, options: Parameters<typeof run>[2] & { env?: Variables } = {}) =>
      run("deploy-app", { name, release, compose, env: options.env ?? [] }, options),
    containers: async (name: string) =>
      (await machine.engine.containers({ project: `appos-${name}` })).map(({ id, status }) => ({ id, ...status })),
    async end() {
      for (const name of apps) await run("remove-app", { name, volumes: "delete" });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface WorldOptions {
  dockerHost?: string | undefined;
  proxy?: ProxySettings;
  nameServers?: string[];
}
interface RunOptions extends Partial<Pick<JobContext, "attempt" | "signal" | "logins">> {
  onSay?: (said: Said) => void;
}
export type Said = Pick<Entry, "step" | "stream" | "text">;
type Variables = { key: string; value: string; secret?: boolean }[];
export const appId = (name: string) => `app_${name.replaceAll("-", "")}`;

/** The processes that have these words in their command line. */
export const processesWith = (words: string) =>
  readdirSync("/proc").filter((pid) => {
    try {
      return Number(pid) !== process.pid && readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").includes(words);
    } catch {
      return false;
    }
  });

function buildBusybox(host: string | undefined) {
  const env = { ...process.env, ...(host && { DOCKER_HOST: host }) };
  if (spawnSync("docker", ["image", "inspect", BUSYBOX], { env }).status === 0) return;
  const root = mkdtempSync(join(tmpdir(), "appos-busybox-"));
  for (const folder of ["bin", "tmp"]) mkdirSync(join(root, folder));
  copyFileSync("/bin/busybox", join(root, "bin/busybox"));
  const applets = execFileSync("/bin/busybox", ["--list"], { encoding: "utf8" }).trim().split("\n");
  for (const applet of applets) if (applet !== "busybox") symlinkSync("busybox", join(root, "bin", applet));
  const tar = execFileSync("tar", ["-C", root, "-c", "."], { maxBuffer: 64 * 1024 * 1024 });
  execFileSync("docker", ["import", "--change", "ENV PATH=/bin", "-", BUSYBOX], { input: tar, env });
  rmSync(root, { recursive: true });
}
