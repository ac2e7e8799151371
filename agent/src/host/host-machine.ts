import { accessSync, constants, existsSync } from "node:fs";
import { nodeMachine } from "../machine/node-machine.ts";
import type { Settings } from "../settings.ts";
import { agentVersion } from "../version.ts";
import { Refusal } from "./refusal.ts";

/** This server, for whoever is root on it, beside an agent that may run. */
export function hostMachine({ dirs, files, proxy }: Pick<Settings, "dirs" | "files" | "proxy">, env: NodeJS.ProcessEnv) {
  if (!existsSync(dirs.data)) throw new Refusal(`There is no agent on this machine: ${dirs.data} does not exist.`);
  try {
    accessSync(dirs.data, constants.R_OK | constants.W_OK);
  } catch {
    throw new Refusal("Only root may do this. Run this with sudo.");
  }
  return nodeMachine({ dir: dirs.data, policyFile: files.policy, agentVersion, dockerHost: env["DOCKER_HOST"], beside: true, proxy });
}

/** Aborted when whoever sits at the terminal has had enough. The answer forgets it. */
export function untilStopped(stop: AbortController): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const abort = () => stop.abort("canceled");
  for (const signal of signals) process.on(signal, abort);
  return () => signals.forEach((signal) => process.off(signal, abort));
}
