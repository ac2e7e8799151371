import { setTimeout as sleep } from "node:timers/promises";
import { endAll, kill, type Process, processes } from "./leftovers.ts";

export const MARK = "APPOS_TERMINAL";
/** What was told that its terminal is gone may put its affairs in order for so long. */
const FAREWELL_MS = 1_000;

/** The mark of every program in a terminal. */
export const terminalMark = (id: string) => ({ [MARK]: id });

/**
 * Ends the whole tree of a terminal: all that has its mark, is in the session of its first program, or was started by such a one.
 * They are told to hang up first. What went into a session of its own, has cleared its environment and whose parent has ended is
 * not found: nothing ties it to the terminal any more.
 */
export async function endTree(id: string, first: number | undefined) {
  const find = async () => treeOf(await processes(`${MARK}=${id}`), first);
  const told = new Set<number>();
  for (const deadline = performance.now() + FAREWELL_MS; performance.now() < deadline; await sleep(20)) {
    const left = await find();
    if (left.length === 0) return;
    for (const { pid } of left.filter(({ pid }) => !told.has(pid))) {
      kill(pid, "SIGHUP");
      kill(pid, "SIGCONT");
      told.add(pid);
    }
  }
  await endAll(find);
}

/** Who belongs to it, and whatever that has started. */
export function treeOf(all: Process[], first: number | undefined): Process[] {
  const tree = new Set(all.filter(({ session, marked }) => marked || session === first));
  for (let size = -1; size !== tree.size;) {
    size = tree.size;
    const pids = new Set([...tree].map(({ pid }) => pid));
    for (const each of all) if (pids.has(each.parent)) tree.add(each);
  }
  return [...tree];
}
