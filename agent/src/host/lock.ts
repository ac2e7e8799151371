import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Refusal } from "./refusal.ts";

/** When a process began, in ticks since boot. A number that was given to another process since has another time. */
export function startOf(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Who holds a lock file, where that process still runs. */
export function holderOf(path: string): number | undefined {
  const [pid, start] = content(path).split(" ");
  return pid && start && startOf(Number(pid)) === start ? Number(pid) : undefined;
}

/** One process for each lock file: "pid start". The answer gives it back. */
export function takeLock(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const mine = `${process.pid} ${startOf(process.pid)}`;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      if (linked(draft, path)) return () => content(path) === mine && rmSync(path, { force: true });
      const holder = holderOf(path);
      if (holder !== undefined) throw new Refusal(`An agent runs here already (process ${holder}, ${path}).`);
      setAside(path, content(path), draft);
    }
    throw new Refusal(`${path} could not be locked.`);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes what a dead process left, and nothing that somebody else wrote in the same moment. */
function setAside(path: string, left: string, draft: string) {
  const aside = `${draft}.aside`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (content(aside) !== left) linked(aside, path);
  rmSync(aside, { force: true });
}

function linked(from: string, to: string) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function content(path: string) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
