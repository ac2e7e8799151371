import { readFile, statfs } from "node:fs/promises";
import type { ServerSample } from "@appos/shared/servers";
import type Docker from "dockerode";
import { inTime } from "./docker-client.ts";

/** How this server is doing; processor time is counted from one call to the next. */
export function hostStats(docker: Docker): () => Promise<ServerSample> {
  let before = { busy: 0, all: 0 };
  let dockerRoot: string | undefined;

  async function disk() {
    dockerRoot ??= await inTime(docker.info()).then(
      ({ DockerRootDir }) => DockerRootDir as string,
      () => undefined,
    );
    const { bsize, blocks, bfree } = await statfs(dockerRoot ?? "/").catch(() => statfs("/"));
    return { diskUsedBytes: (blocks - bfree) * bsize, diskTotalBytes: blocks * bsize };
  }

  async function cpuPercent() {
    const now = processorTime(await readFile("/proc/stat", "utf8"));
    const [busy, all] = [now.busy - before.busy, now.all - before.all];
    before = now;
    return all > 0 ? Math.round((busy / all) * 1_000) / 10 : 0;
  }

  return async () => ({
    at: Date.now(),
    cpuPercent: await cpuPercent(),
    ...memory(await readFile("/proc/meminfo", "utf8")),
    ...(await disk()),
    load1: Number.parseFloat(await readFile("/proc/loadavg", "utf8")) || 0,
    uptimeSeconds: Math.floor(Number.parseFloat(await readFile("/proc/uptime", "utf8"))),
    containersRunning: await inTime(docker.listContainers()).then(
      (running) => running.length,
      () => 0,
    ),
  });
}

/** In ticks since the start; waiting for a disk is idling. */
export function processorTime(stat: string) {
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] = stat
    .split("\n")[0]!
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const busy = user + nice + system + irq + softirq + steal;
  return { busy, all: busy + idle + wait };
}

/** What programs could still have counts as free. */
export function memory(meminfo: string) {
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(meminfo)?.[1] ?? 0) * 1_024;
  const memoryTotalBytes = bytes("MemTotal");
  return { memoryTotalBytes, memoryUsedBytes: memoryTotalBytes - bytes("MemAvailable") };
}
