import type { PublishedPort, ServiceState } from "@appos/shared/apps";
import type Docker from "dockerode";
import type { Container } from "./machine.ts";
import { statusOf } from "./docker-client.ts";
import { LOOKS } from "./image-files.ts";
import { KEEPS } from "./image-keepers.ts";
import { isUnstarted } from "./unstarted.ts";

const SECOND_NS = 1_000_000_000;

/** Every container with one of these labels, as the engine knows it now. */
export async function containersWith(docker: Docker, label: string): Promise<Container[]> {
  const listed = await docker.listContainers({ all: true, filters: { label: [label] } });
  const found = await Promise.all(listed.map(({ Id }) => docker.getContainer(Id).inspect().catch(goneSince)));
  return found
    .filter((each) => each !== undefined)
    .filter(isSomebodys)
    .map(containerOf)
    .sort((a, b) => (a.status.container < b.status.container ? -1 : 1));
}

/** Not one that AppOS keeps an image by, or looks into one. */
export const isSomebodys = (seen: Docker.ContainerInspectInfo) => !isUnstarted(seen, [KEEPS, LOOKS]);

function goneSince(error: unknown) {
  if (statusOf(error) === 404) return undefined;
  throw error;
}

export function containerOf(seen: Docker.ContainerInspectInfo): Container {
  const labels = seen.Config.Labels ?? {};
  const policy = seen.HostConfig.RestartPolicy?.Name;
  return {
    id: seen.Id,
    appId: labels["appos.app"] ?? null,
    project: labels["com.docker.compose.project"] ?? "",
    oneOff: labels["com.docker.compose.oneoff"] === "True",
    release: Number(labels["appos.release"]) || null,
    networks: Object.keys(seen.NetworkSettings.Networks),
    imageId: seen.Image,
    configHash: labels["com.docker.compose.config-hash"] ?? null,
    limits: limitsOf(seen.HostConfig),
    restartPolicy: policy === "always" || policy === "on-failure" || policy === "unless-stopped" ? policy : "no",
    tty: seen.Config.Tty,
    healthLimitMs: healthLimit(seen),
    healthLines: healthLines(seen),
    status: {
      service: labels["com.docker.compose.service"] ?? "",
      container: seen.Name.replace(/^\//, ""),
      image: seen.Config.Image,
      state: seen.State.Status as ServiceState["state"],
      health: healthOf(seen),
      exitCode: seen.State.Status === "exited" || seen.State.Status === "dead" ? seen.State.ExitCode : null,
      restarts: seen.RestartCount,
      startedAt: timeOf(seen.State.StartedAt),
      ports: portsOf(seen.NetworkSettings.Ports),
    },
  };
}

/** What `docker update` can set. Left out is what is as it is where nobody asked for anything. */
const updatable = [
  "BlkioWeight",
  "CpuPeriod",
  "CpuQuota",
  "CpuRealtimePeriod",
  "CpuRealtimeRuntime",
  "CpuShares",
  "CpusetCpus",
  "CpusetMems",
  "Memory",
  "MemoryReservation",
  "MemorySwap",
  "NanoCpus",
  "PidsLimit",
] as const;

function limitsOf(config: Docker.HostConfig): string {
  const set = updatable.filter((key) => config[key]).map((key) => [key, config[key]]);
  const { Name = "", MaximumRetryCount = 0 } = config.RestartPolicy ?? {};
  return JSON.stringify(
    Object.fromEntries([...set, ["restart", MaximumRetryCount > 0 ? `${Name || "no"}:${MaximumRetryCount}` : Name || "no"]]),
  );
}

/** Docker writes year 1 for never. */
function timeOf(text: string) {
  const at = Date.parse(text);
  return at > 0 ? at : null;
}

function healthOf({ State, Config }: Docker.ContainerInspectInfo): ServiceState["health"] {
  const status = State.Health?.Status;
  if (!Config.Healthcheck || Config.Healthcheck.Test?.[0] === "NONE") return null;
  return status === "starting" || status === "healthy" || status === "unhealthy" ? status : null;
}

/** Docker's defaults: every 30 s, for 30 s, three times. */
function healthLimit(seen: Docker.ContainerInspectInfo) {
  if (healthOf(seen) === null) return null;
  const { Interval, Timeout, Retries, StartPeriod } = seen.Config.Healthcheck ?? {};
  const each = (Interval || 30 * SECOND_NS) + (Timeout || 30 * SECOND_NS);
  return ((StartPeriod ?? 0) + each * ((Retries || 3) + 1)) / 1_000_000;
}

function healthLines(seen: Docker.ContainerInspectInfo) {
  const last = seen.State.Health?.Log?.at(-1);
  return last
    ? last.Output.split("\n")
        .map((line) => line.trimEnd())
        .filter((line) => line !== "")
    : [];
}

/** The same port on IPv4's and IPv6's every address is one port. */
/** A range of thousands is no list for people, and does not fit into a frame. */
const PORTS_SHOWN = 100;

function portsOf(ports: Docker.ContainerInspectInfo["NetworkSettings"]["Ports"]): PublishedPort[] {
  const found = new Map<string, PublishedPort>();
  for (const [inside, outside] of Object.entries(ports ?? {})) {
    const [port, protocol] = inside.split("/");
    for (const { HostIp, HostPort } of outside ?? []) {
      const hostIp = HostIp === "::" || HostIp === "" ? "0.0.0.0" : HostIp;
      const published = {
        hostIp,
        hostPort: Number(HostPort),
        containerPort: Number(port),
        protocol: protocol as PublishedPort["protocol"],
      };
      found.set(JSON.stringify(published), published);
    }
  }
  return [...found.values()].sort((a, b) => a.hostPort - b.hostPort).slice(0, PORTS_SHOWN);
}
