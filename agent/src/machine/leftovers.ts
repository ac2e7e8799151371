import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Every program that the agent starts carries this in its environment, and so does whatever that starts. */
const MARK = "APPOS_STARTED_BY";
const PATIENCE_MS = 5_000;

/** The mark of an agent, by its folder. */
export const markOf = (folder: string) => ({ [MARK]: folder });

/** Ends every program that an agent of this folder has started, now or before it was killed. Resolves once they are gone. */
export async function endPrograms(folder: string) {
  for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; await sleep(10)) {
    const left = await programsOf(folder);
    if (left.length === 0) return;
    for (const pid of left) kill(pid);
  }
}

async function programsOf(folder: string): Promise<number[]> {
  const wanted = `${MARK}=${folder}`;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const marked = await Promise.all(pids.map(async (pid) => (await environmentOf(pid)).includes(wanted)));
  return pids.filter((_, i) => marked[i]).map(Number);
}

/** Of somebody else's process, or of one that has ended, nothing can be read. */
async function environmentOf(pid: string) {
  const text = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
  return text.split("\0");
}

function kill(pid: number) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
