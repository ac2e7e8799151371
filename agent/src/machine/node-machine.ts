import { readFile, stat } from "node:fs/promises";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { composeResolver } from "./compose-resolver.ts";
import { dockerEngine } from "./docker.ts";
import { dockerClient } from "./docker-client.ts";
import { filesBelow } from "./files.ts";
import { dockerProblem, hostFacts } from "./host-facts.ts";
import { hostStats } from "./host-stats.ts";
import type { Machine } from "./machine.ts";
import { markOf } from "./leftovers.ts";
import { portHolder } from "./port-holder.ts";
import { findProgram, PATH } from "./programs.ts";
import { runProgram } from "./spawn.ts";

export interface NodeMachineSettings {
  /** The agent's folder: everything it keeps for its apps. */
  dir: string;
  /** The server's policy; a file that need not be there. */
  policyFile: string;
  agentVersion: string;
  /** As in DOCKER_HOST; this server's own engine otherwise. */
  dockerHost?: string | undefined;
}

/** This server. */
export function nodeMachine({ dir, policyFile, agentVersion, dockerHost }: NodeMachineSettings): Machine {
  const home = join(dir, "home");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const env = { PATH, HOME: home, LANG: "C.UTF-8", ...markOf(dir), ...(dockerHost && { DOCKER_HOST: dockerHost }) };
  const docker = dockerClient(dockerHost);

  return {
    folder: dir,
    files: filesBelow(dir),
    engine: dockerEngine(docker),
    now: Date.now,
    sleep: async (ms, signal) => void (await sleep(ms, undefined, signal && { signal })),
    async run([program, ...args], options = {}) {
      await runProgram(await findProgram(program), args, { ...options, env });
    },
    resolveCompose: composeResolver(dir),
    dockerProblem: () => dockerProblem(docker),
    portHolder,
    policyText: () => rootOwned(policyFile),
    facts: () => hostFacts(docker, agentVersion),
    sample: hostStats(docker),
  };
}

/** Whoever may write the policy could lift it. */
async function rootOwned(path: string) {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (!found) return undefined;
  const owner = found.uid === 0 || found.uid === process.getuid?.();
  if (!owner || (found.mode & 0o022) !== 0)
    throw new Error(`${path} may be changed by others than its owner. Run: chown root ${path} && chmod 600 ${path}`);
  return readFile(path, "utf8");
}
