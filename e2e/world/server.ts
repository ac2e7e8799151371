import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { atEnd } from "./ends.ts";
import { namespace } from "./namespace.ts";
import { folder } from "./places.ts";
import { attempt, killGroup, run, type Told } from "./program.ts";

export type Server = Awaited<ReturnType<typeof server>>;

const FOUND_THERE = [
  "sh",
  "curl",
  "tar",
  "gzip",
  "sha256sum",
  "uname",
  "id",
  "ls",
  "df",
  "mkdir",
  "rm",
  "mv",
  "ln",
  "cat",
  "rmdir",
  "printf",
];
const FOR_THE_SERVICE = ["setsid", "sleep", "grep", "tr", "wc", "cp", "kill", "docker", "dirname", "env"];

/**
 * A second machine: in a network that can call this one, and that nobody can call.
 * It has this machine's files and Docker Engine, but only a few programs on its PATH, and no Node.
 */
export async function server(number: number) {
  const { name, near, far } = await namespace(number);
  const home = folder("server");
  const bin = join(home, "bin");
  mkdirSync(bin);
  for (const program of [...FOUND_THERE, ...FOR_THE_SERVICE]) {
    const found = await run("sh", ["-c", `command -v ${program}`]).catch(() => "");
    if (found.startsWith("/")) symlinkSync(found, join(bin, program));
  }
  // Whoever is root already has no need of sudo, and perhaps none installed.
  writeFileSync(join(bin, "sudo"), '#!/bin/sh\n[ "$1" = -E ] && shift\nexec "$@"\n', { mode: 0o755 });
  const prefix = join(home, "root");
  const supervisor = () => numberIn(join(prefix, "run/appos-agent.pid"));
  atEnd(() => killGroup(supervisor(), "SIGKILL"));

  const env = { PATH: `${bin}:${prefix}/usr/local/bin`, APPOS_PREFIX: prefix, HOME: "/root" };
  return {
    /** This machine's address, as that one sees it. */
    near,
    far,
    prefix,
    /** Runs a line in a shell there, as root. */
    sh: (line: string, more: Record<string, string> = {}): Promise<Told> =>
      attempt("/usr/sbin/ip", ["netns", "exec", name, "/bin/sh", "-c", line], { env: { ...env, ...more } }),
    /** The number of the process that keeps its agent running. */
    supervisor,
  };
}

function numberIn(file: string): number {
  try {
    return Number.parseInt(readFileSync(file, "utf8"), 10);
  } catch {
    return 0;
  }
}
