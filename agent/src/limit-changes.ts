const MIB = 1024 * 1024;

/** What Docker calls a limit, in words; where there is none, it is called as Docker calls it. */
const words: Record<string, string> = {
  Memory: "Memory",
  MemorySwap: "Memory with swap",
  MemoryReservation: "Reserved memory",
  NanoCpus: "Processors",
  PidsLimit: "Processes",
  CpusetCpus: "Allowed processors",
  restart: "Restart policy",
};

/** What became of a container's limits, one sentence each; they are told as a container's `limits` are. */
export function limitChanges(before: string, now: string): string[] {
  const [was, is] = [read(before), read(now)];
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((name) => was[name] !== is[name]);
  return names.map((name) => `${words[name] ?? name}: ${shown(name, is[name])}. It was ${shown(name, was[name])} when it was deployed.`);
}

function read(limits: string): Record<string, unknown> {
  try {
    return JSON.parse(limits) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function shown(name: string, value: unknown): string {
  if (value === undefined || value === -1) return "not limited";
  if (name === "NanoCpus") return String(Number(value) / 1e9);
  if (name.startsWith("Memory")) return `${Math.round((Number(value) / MIB) * 10) / 10} MiB`;
  return String(value);
}
