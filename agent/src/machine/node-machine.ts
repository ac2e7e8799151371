import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { adoptedProjects } from "../adopt/adopted-project.ts";
import { caaIdentities } from "./caa-identities.ts";
import { composeResolver } from "./compose-resolver.ts";
import { dockerEngine } from "./docker.ts";
import { dockerClient } from "./docker-client.ts";
import { iptablesDetour } from "./detour.ts";
import { filesBelow } from "./files.ts";
import { dockerProblem, hostFacts } from "./host-facts.ts";
import { hostCaddy } from "./host-caddy.ts";
import { shownBelow } from "./host-files.ts";
import { hostNginx } from "./host-nginx.ts";
import { hostStats } from "./host-stats.ts";
import { withLogins } from "./login-folder.ts";
import type { Authority } from "./authority.ts";
import type { Machine, ProxySettings } from "./machine.ts";
import { markOf } from "./leftovers.ts";
import { policyTextIn } from "./policy-text.ts";
import { outside } from "./outside.ts";
import { portHolder } from "./port-holder.ts";
import { policyFacts } from "../policy-in-force.ts";
import { projectFile } from "./project-file.ts";
import { findProgram, PATH } from "./programs.ts";
import { openPty } from "./pty.ts";
import { runProgram } from "./spawn.ts";
import { dnsNames, ownAddresses } from "./names.ts";
import { ownPlaces } from "./own-places.ts";
import { nodeDisk } from "./node-disk.ts";
import { beforeRemovals } from "./removal-gate.ts";
import { terminalNotes } from "./terminal-notes.ts";
import { validity } from "./validity.ts";
import { visit } from "./visit.ts";

/** The fastest level packs logs as small as the others do. */
const packed = promisify(gzip);
const unpacked = promisify(gunzip);

export interface NodeMachineSettings {
  /** The agent's folder: everything it keeps for its apps. */
  dir: string;
  /** The server's policy; a file that need not be there. */
  policyFile: string;
  agentVersion: string;
  /** Another process has this folder too, and resolves: nothing that it needs is touched before something is to be resolved here. */
  beside?: boolean;
  proxy: ProxySettings;
  /** The name servers to ask; this server's own where left out. */
  nameServers?: readonly string[];
  /** The control plane, as this agent knows it; left out where there is none. */
  controlPlane?: ControlPlane;
  /** As in DOCKER_HOST; this server's own engine otherwise. */
  dockerHost?: string | undefined;
}

export interface ControlPlane {
  url(): string | undefined;
  answers(limitMs: number): Promise<boolean>;
}

/** Brings more than half a megabyte of program, which most servers never need: their proxies get their certificates. */
const authority: Authority = {
  newKey: async () => (await import("./acme.ts")).newKey(),
  issue: async (order) => (await import("./acme.ts")).issue(order),
  newRoot: async (times) => (await import("./acme.ts")).newRoot(times),
  newLeaf: async (order) => (await import("./acme.ts")).newLeaf(order),
  validity,
};

/** This server. */
export function nodeMachine({
  dir,
  policyFile,
  agentVersion,
  dockerHost,
  beside = false,
  proxy,
  nameServers,
  controlPlane,
}: NodeMachineSettings): Machine {
  const home = join(dir, "home");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const env = { PATH, HOME: home, LANG: "C.UTF-8", ...markOf(dir), ...(dockerHost && { DOCKER_HOST: dockerHost }) };
  const docker = dockerClient(dockerHost);
  const notes = terminalNotes(dir);

  const files = filesBelow(dir);
  const policyText = () => policyTextIn(policyFile);

  return {
    folder: dir,
    files,
    disk: async (path, how) => (how === "make" || existsSync(path) ? nodeDisk(path) : undefined),
    pack: (bytes) => packed(bytes, { level: 1 }),
    unpack: (bytes) => unpacked(bytes),
    engine: dockerEngine(docker, markOf(dir), notes, async () => [...(await adoptedProjects({ folder: dir, files })).values()]),
    now: Date.now,
    elapsed: () => performance.now(),
    sleep: async (ms, signal) => void (await sleep(ms, undefined, signal && { signal })),
    async run([program, ...args], { logins = [], beforeRemoval, ...options } = {}) {
      const path = await findProgram(program);
      if (beforeRemoval)
        return beforeRemovals(dir, dockerHost, beforeRemoval, (gate) => runProgram(path, args, { ...options, env: { ...env, ...gate } }));
      if (logins.length === 0) return runProgram(path, args, { ...options, env });
      return withLogins(dir, logins, (DOCKER_CONFIG) => runProgram(path, args, { ...options, env: { ...env, DOCKER_CONFIG } }));
    },
    resolveCompose: beside ? (...asked) => composeResolver(dir)(...asked) : composeResolver(dir),
    dockerProblem: () => dockerProblem(docker),
    portHolder,
    projectFile,
    policyText,
    async facts() {
      const url = controlPlane?.url();
      return { ...(await hostFacts(docker, agentVersion)), ...(url && { controlPlane: url }), ...(await policyFacts({ policyText })) };
    },
    sample: hostStats(docker),
    proxy: { ...proxy, migrates: existsSync("/proc/sys/net/ipv4/tcp_migrate_req") },
    hostNginx: hostNginx(proxy.hostNginx),
    hostCaddy: hostCaddy(`${dir}-proxy`, proxy),
    shown: shownBelow(`${dir}-proxy`),
    visit,
    reachesControlPlane: async (limitMs) => (await controlPlane?.answers(limitMs)) ?? false,
    names: dnsNames(nameServers),
    outside,
    addresses: ownAddresses,
    detour: iptablesDetour(proxy),
    ownPlaces: () => ownPlaces(docker),
    caaIdentities,
    authority,
    openPty: async (options) => openPty(options, markOf(dir), notes),
  };
}
