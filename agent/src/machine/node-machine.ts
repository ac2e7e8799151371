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
import { policyTextIn } from "./policy-text.ts";
import { portHolder } from "./port-holder.ts";
import { policyFacts } from "../policy-in-force.ts";
import { findProgram, PATH } from "./programs.ts";
import { openPty } from "./pty.ts";
import { runProgram } from "./spawn.ts";
import { terminalNotes } from "./terminal-notes.ts";

export interface NodeMachineSettings {
  /** The agent's folder: everything it keeps for its apps. */
  dir: string;
  /** The server's policy; a file that need not be there. */
  policyFile: string;
  agentVersion: string;
  /** Another process has this folder too, and resolves: nothing that it needs is touched before something is to be resolved here. */
  beside?: boolean;
  /** As in DOCKER_HOST; this server's own engine otherwise. */
  dockerHost?: string | undefined;
}

/** This server. */
export function nodeMachine({ dir, policyFile, agentVersion, dockerHost, beside = false }: NodeMachineSettings): Machine {
  const home = join(dir, "home");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const env = { PATH, HOME: home, LANG: "C.UTF-8", ...markOf(dir), ...(dockerHost && { DOCKER_HOST: dockerHost }) };
  const docker = dockerClient(dockerHost);
  const notes = terminalNotes(dir);

  const policyText = () => policyTextIn(policyFile);

  return {
    folder: dir,
    files: filesBelow(dir),
    engine: dockerEngine(docker, markOf(dir), notes),
    now: Date.now,
    elapsed: () => performance.now(),
    sleep: async (ms, signal) => void (await sleep(ms, undefined, signal && { signal })),
    async run([program, ...args], options = {}) {
      await runProgram(await findProgram(program), args, { ...options, env });
    },
    resolveCompose: beside ? (...asked) => composeResolver(dir)(...asked) : composeResolver(dir),
    dockerProblem: () => dockerProblem(docker),
    portHolder,
    policyText,
    facts: async () => ({ ...(await hostFacts(docker, agentVersion)), ...(await policyFacts({ policyText })) }),
    sample: hostStats(docker),
    openPty: async (options) => openPty(options, markOf(dir), notes),
  };
}
