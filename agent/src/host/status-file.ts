import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { startOf } from "./lock.ts";

/** What a running agent tells `appos-agent status`. */
export const AgentStatus = z.object({
  pid: z.int(),
  /** When the process began, to tell it from a later one with its number. */
  start: z.string(),
  version: z.string(),
  link: z.object({
    state: z.enum(["connecting", "up", "down"]),
    since: z.int(),
    /** Why the last attempt failed, or the last link ended. */
    lastError: z.string().nullable(),
  }),
  docker: z.object({ version: z.string().nullable(), compose: z.string().nullable(), problem: z.string().nullable() }),
  jobs: z.array(z.object({ id: z.string(), kind: z.string(), since: z.int() })),
});
export type AgentStatus = z.output<typeof AgentStatus>;
type Told = Omit<AgentStatus, "pid" | "start" | "version">;

/** Jobs that begin and end in quick succession are written down together. */
const GATHER_MS = 100;

/** Writes each change down, as a whole file. There is no socket to ask. */
export function statusFile(path: string, version: string) {
  let status: AgentStatus = {
    pid: process.pid,
    start: startOf(process.pid) ?? "",
    version,
    link: { state: "connecting", since: Date.now(), lastError: null },
    docker: { version: null, compose: null, problem: null },
    jobs: [],
  };
  let planned: NodeJS.Timeout | undefined;
  const write = () => {
    clearTimeout(planned);
    planned = undefined;
    try {
      writeFileSync(`${path}.new`, JSON.stringify(status), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    } catch {
      // A full disk takes nothing from anyone but `appos-agent status`.
    }
  };
  write();
  return {
    tell(news: Partial<Told>) {
      status = { ...status, ...news };
      if (news.link) write();
      else planned ??= setTimeout(write, GATHER_MS);
    },
  };
}

/** What the running agent says, or undefined where none runs. */
export function readStatus(path: string): AgentStatus | undefined {
  try {
    const status = AgentStatus.parse(JSON.parse(readFileSync(path, "utf8")));
    return startOf(status.pid) === status.start ? status : undefined;
  } catch {
    return undefined;
  }
}
