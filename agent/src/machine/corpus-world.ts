import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { EnvEntry } from "@appos/shared/env";
import { questionKinds } from "@appos/shared/questions";
import { composeCreate, composeDown } from "../commands/compose.ts";
import { appFolder, releaseFiles } from "../jobs/app-folder.ts";
import type { JobContext } from "../jobs/job.ts";
import { keepRelease, makeCurrent } from "../jobs/releases.ts";
import { resolveRelease } from "../jobs/resolve-release.ts";
import { dockerClient, pingEngine } from "./docker-client.ts";
import { BUSYBOX, appId, engineWorld } from "./engine-world.ts";
import { questions } from "../questions/index.ts";
import { type CorpusCase, imagesIn } from "./read-corpus.ts";

/** Everything that may be asked for is allowed here: the corpus is about dangers, not about what an owner forbids. */
const POLICY = `compose:
  privileged: true
  hostNetwork: true
  dockerSocket: true
  hostMounts: [/]
  devices: [gpu, /dev]
  capabilities: [ALL, SYS_ADMIN, SYS_MODULE, SYS_PTRACE, NET_ADMIN]
`;
/** What images have in them, as far as health checks ask. */
const TOOLS =
  `sh bash curl wget nc pg_isready mysqladmin mariadb-admin healthcheck.sh redis-cli mongosh rabbitmq-diagnostics python3 node php
  gitea occ nginx traefik immich-healthcheck kafka-topics.sh grep test cat stat ps pgrep`.split(/\s+/);
/** Held by somebody else, on every address. */
export const HELD = { tcp: 28_180, udp: 28_153 };
const NETWORKS = 16;

/** An engine of the corpus's own, in which images have the names of real ones and next to nothing in them. */
export async function corpusWorld() {
  const folder = mkdtempSync(join(tmpdir(), "appos-corpus-"));
  const host = `unix://${folder}/docker.sock`;
  const flags = ["--host", host, "--data-root", `${folder}/data`, "--exec-root", `${folder}/exec`, "--pidfile", `${folder}/pid`];
  // In a network of its own: on that of the machine, an engine without a bridge takes away the bridge of the one that has one.
  const program = ["--net", "--", "dockerd", ...flags, "--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false"];
  const dockerd = spawn("unshare", [...program, "--default-address-pool", "base=10.213.0.0/20,size=24"], { stdio: "ignore" });
  const docker = dockerClient(host);
  for (
    let i = 0;
    !(await pingEngine(docker).then(
      () => true,
      () => false,
    ));
    i++
  ) {
    if (i === 300) throw new Error("dockerd did not start");
    await sleep(100);
  }
  const world = engineWorld({ dockerHost: host });
  writeFileSync(join(world.folder, "policy.yaml"), POLICY);
  const { machine } = world;
  const context: JobContext = {
    machine,
    signal: new AbortController().signal,
    attempt: 1,
    say: { step() {}, skip() {}, end() {}, note() {}, line: () => undefined },
  };
  const plain = image(host, folder, "corpus/plain:1", {});
  const cli = (...args: string[]) =>
    execFileSync("docker", args, { env: { ...process.env, DOCKER_HOST: host }, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  cli("network", "create", "elsewhere");
  cli(
    "run",
    "-d",
    "--name",
    "proxy-of-somebody",
    "--network",
    "elsewhere",
    "-p",
    `${HELD.tcp}:80`,
    "-p",
    `${HELD.udp}:53/udp`,
    BUSYBOX,
    "sleep",
    "600",
  );

  async function nameImages({ before, compose, images }: CorpusCase, name: string) {
    const named = [...imagesIn(compose), ...(before === undefined ? [] : imagesIn(before))].filter(
      (each) => !each.includes("$") && !each.includes("@"),
    );
    for (const each of new Set(named)) {
      const special = images[each];
      const source = special ? image(host, folder, `corpus/${name}-${each.replace(/[^a-z0-9]/g, "-")}:1`, special) : plain;
      const [, repo = each, tag = "latest"] = /^(.*?)(?::([^:/]*))?$/.exec(each) ?? [];
      await docker.getImage(source).tag({ repo, tag });
    }
  }

  /** Puts there what runs, without running it. */
  async function begin({ before, compose, env, envBefore, files, host: there, emptyVolumes }: CorpusCase, name: string) {
    const app = await appFolder(machine, name);
    const as = { appId: appId(name), release: 1, files: filesOf(files), joins: [] };
    if (before !== undefined) {
      const to = releaseFiles(app, 1);
      const { texts, model } = await resolveRelease({ ...as, compose: before, env: variables(envBefore ?? env) }, app, undefined, context);
      await keepRelease(machine, to, texts);
      await machine.run(composeCreate(to));
      await makeCurrent(machine, app, { files: to, texts, images: [], containers: [] });
      for (const [key, { name: volume }] of Object.entries((model["volumes"] ?? {}) as Record<string, { name: string }>)) {
        if (emptyVolumes.includes(key)) continue;
        const { Mountpoint } = await docker.getVolume(volume).inspect();
        writeFileSync(join(Mountpoint, "something"), "");
      }
    }
    for (const [path, what] of Object.entries(there)) put(join(app.path, path), what);
    return { ...as, name, compose, env: variables(env) };
  }

  return {
    apps: `${machine.folder}/apps`,
    async plan(its: CorpusCase, name: string) {
      await nameImages(its, name);
      const filler = its.addressesGone ? fillAddresses() : [];
      try {
        const asked = await begin(its, name);
        return await questions.plan(questionKinds.plan.input.parse(asked), { machine, signal: context.signal });
      } finally {
        if (filler.length > 0) cli("network", "rm", ...filler);
        if (its.before !== undefined) await machine.run(composeDown(`appos-${name}`, "delete"));
      }
    },
    async end() {
      cli("rm", "-f", "proxy-of-somebody");
      await world.end();
      // What an engine leaves of its networks when it goes stays on the machine.
      const networks = cli("network", "ls", "-q", "--filter", "type=custom").split("\n").filter(Boolean);
      if (networks.length > 0) cli("network", "rm", ...networks);
      const gone = once(dockerd, "exit");
      dockerd.kill("SIGTERM");
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };

  /** Takes every address that is left. */
  function fillAddresses() {
    const made: string[] = [];
    for (let i = 0; i < NETWORKS; i++) {
      try {
        cli("network", "create", `filler-${i}`);
        made.push(`filler-${i}`);
      } catch {
        break;
      }
    }
    return made;
  }
}

const variables = (env: Record<string, string>): EnvEntry[] => Object.entries(env).map(([key, value]) => ({ key, value, secret: false }));
const filesOf = (files: Record<string, string>) =>
  Object.entries(files).map(([path, content]) => ({ path, content, encoding: "text" as const, executable: false }));

function put(path: string, what: string | string[]) {
  mkdirSync(typeof what === "string" ? dirname(path) : path, { recursive: true });
  if (typeof what === "string") writeFileSync(path, what);
  else for (const name of what) writeFileSync(join(path, name), "");
}

interface Special {
  arch?: string | undefined;
  without?: string[];
  volumes?: string[];
  health?: boolean;
}

/** Nothing but names: what is in an image is only looked for, never run. */
function image(host: string, folder: string, name: string, { arch = "amd64", without = [], volumes = [], health = false }: Special) {
  const root = mkdtempSync(join(folder, "image-"));
  mkdirSync(join(root, "bin"));
  for (const tool of TOOLS) if (!without.includes(tool)) symlinkSync("busybox", join(root, "bin", tool));
  writeFileSync(join(root, "bin/busybox"), "");
  const env = { ...process.env, DOCKER_HOST: host, DOCKER_BUILDKIT: "0" };
  const changes = [
    "ENV PATH=/bin",
    'CMD ["sleep"]',
    ...(health ? ["HEALTHCHECK CMD true"] : []),
    ...volumes.map((path) => `VOLUME ${path}`),
  ];
  if (arch === "amd64") {
    const tar = execFileSync("tar", ["-C", root, "-c", "."]);
    execFileSync("docker", ["import", ...changes.flatMap((change) => ["--change", change]), "-", name], { input: tar, env, stdio: "pipe" });
    return name;
  }
  // An import is always for the engine's own processor.
  writeFileSync(`${root}.Dockerfile`, ["FROM scratch", "COPY . /", ...changes].join("\n"));
  const how = ["-q", "--no-cache", `--platform=linux/${arch}`, "-t", name, "-f", `${root}.Dockerfile`];
  execFileSync("docker", ["build", ...how, root], { env, stdio: "pipe" });
  return name;
}
