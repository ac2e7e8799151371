import { readFile } from "node:fs/promises";
import { arch, availableParallelism, hostname, release, totalmem } from "node:os";
import type { ServerFacts } from "@appos/shared/servers";
import { DNS_CHALLENGES } from "@appos/shared/dns-providers";
import { SITE_OPTIONS } from "@appos/shared/site-options";
import { CONSOLE_SITE, HOST_PROXY, SITE_CERTIFICATES, TRAEFIK, WILDCARD_SITES } from "@appos/shared/sites";
import { ADDRESS_SITES } from "@appos/shared/target-address";
import type Docker from "dockerode";
import { ANSWER_MS, inTime, pingEngine } from "./docker-client.ts";
import { ownAddresses } from "./names.ts";
import { findProgram, PATH } from "./programs.ts";
import { runProgram } from "./spawn.ts";

/** What this server is. */
export async function hostFacts(docker: Docker, agentVersion: string): Promise<Omit<ServerFacts, "policy" | "policyProblem">> {
  const [os, engine, compose] = await Promise.all([osName(), engineVersion(docker), composeVersion()]);
  return {
    hostname: hostname(),
    os,
    kernel: release(),
    arch: arch(),
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    agentVersion,
    dockerVersion: engine.version ?? null,
    composeVersion: compose.version ?? null,
    addresses: ownAddresses().slice(0, 50),
    dockerProblem: engine.problem ?? compose.problem ?? null,
    knows: [SITE_OPTIONS, SITE_CERTIFICATES, CONSOLE_SITE, TRAEFIK, WILDCARD_SITES, ADDRESS_SITES, DNS_CHALLENGES, HOST_PROXY],
  };
}

async function osName() {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  return /^PRETTY_NAME="?(.*?)"?$/m.exec(text)?.[1] ?? "Linux";
}

type Found = { version: string; problem?: undefined } | { version?: undefined; problem: string };

/** What is missing of Docker, without starting anything. */
export async function dockerProblem(docker: Docker): Promise<string | undefined> {
  try {
    await pingEngine(docker);
  } catch (error) {
    return engineProblem(error);
  }
  return findProgram("docker-compose").then(
    () => undefined,
    (error: Error) => error.message,
  );
}

async function engineVersion(docker: Docker): Promise<Found> {
  try {
    await pingEngine(docker);
    return { version: (await inTime(docker.version())).Version };
  } catch (error) {
    return { problem: engineProblem(error) };
  }
}

/** What is wrong with Docker, and what to do about it. */
function engineProblem(error: unknown) {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT")
    return "Docker is not installed, or not started. Install the Docker Engine, then start it: systemctl enable --now docker";
  if (code === "ECONNREFUSED") return "Docker is installed but does not run. Start it: systemctl start docker";
  if (code === "EACCES") return "The agent may not use Docker. Run it as root, or add its user to the group docker.";
  return `Docker does not answer: ${message}`.slice(0, 1_000);
}

async function composeVersion(): Promise<Found> {
  try {
    const said: string[] = [];
    await runProgram(await findProgram("docker-compose"), ["version", "--short"], {
      env: { PATH, HOME: "/nonexistent" },
      timeoutMs: ANSWER_MS,
      onLine: (_, line) => void said.push(line),
    });
    return { version: (said[0] ?? "").slice(0, 200) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}
