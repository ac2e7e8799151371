import type { Machine } from "../agent/src/machine/machine.ts";

const forever = (signal?: AbortSignal) =>
  new Promise<void>((_, stopped) => signal?.addEventListener("abort", () => stopped(new Error("over"))));

/** A server on which nothing happens: enough for a link that is about jobs only. */
export const idleMachine = {
  now: () => 0,
  sleep: (_: number, signal?: AbortSignal) => forever(signal),
  facts: async () => ({
    hostname: "tokyo-1",
    os: "Debian",
    kernel: "6",
    arch: "x64",
    cpus: 2,
    memoryBytes: 1,
    agentVersion: "0",
    dockerVersion: null,
    composeVersion: null,
    dockerProblem: null,
  }),
  sample: async () => ({
    at: 0,
    cpuPercent: 0,
    load1: 0,
    memoryUsedBytes: 0,
    memoryTotalBytes: 1,
    diskUsedBytes: 0,
    diskTotalBytes: 1,
    uptimeSeconds: 1,
    containersRunning: 0,
  }),
  engine: { watch: () => {}, containers: async () => [] },
} as unknown as Machine;
