import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Every program that the agent starts carries this in its environment, and so does whatever that starts. */
const MARK = "APPOS_STARTED_BY";
const PATIENCE_MS = 5_000;

/** The mark of an agent, by its folder. */
export const markOf = (folder: string) => ({ [MARK]: folder });

/** Ends every program that an agent of this folder has started, now or before it was killed. Resolves once they are gone. */
export const endPrograms = (folder: string) => endAll(async () => (await processes(`${MARK}=${folder}`)).filter(isMarked));

/** Ends what is found, time and again, until nothing is. */
export async function endAll(find: () => Promise<Process[]>) {
  for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; await sleep(10)) {
    const left = await find();
    if (left.length === 0) return;
    for (const { pid } of left) kill(pid, "SIGKILL");
  }
}

export interface Process {
  pid: number;
  parent: number;
  session: number;
  /** When it was started, in the kernel's ticks since this host was. */
  started: number;
  /** It, or what started it, was given the mark. */
  marked: boolean;
}

const isMarked = ({ marked }: Process) => marked;

/** Every process of this machine but this one and those that have ended. */
export async function processes(mark: string): Promise<Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(pids.map((pid) => processOf(pid, mark)));
  return found.filter((each) => each !== undefined);
}

/** Of somebody else's process no environment can be read; of one that has ended, nothing. */
async function processOf(pid: string, mark: string): Promise<Process | undefined> {
  const [stat, environment] = await Promise.all(
    ["stat", "environ"].map((file) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "")),
  );
  // The name, in brackets, may hold anything.
  const fields = stat!.slice(stat!.lastIndexOf(")") + 2).split(" ");
  const [state = "", parent, , session] = fields;
  if (state === "" || state === "Z" || state === "X") return undefined;
  const started = Number(fields[19]);
  return { pid: Number(pid), parent: Number(parent), session: Number(session), started, marked: environment!.split("\0").includes(mark) };
}

export function kill(pid: number, signal: NodeJS.Signals) {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}
