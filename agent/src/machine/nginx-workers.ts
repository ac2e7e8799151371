import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const [TURN_MS, LOOK_MS] = [10_000, 20];
/** As it calls them; one that takes no more connections has another title. */
const WORKER = "nginx: worker process";

const textOf = (pid: string, file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
const titleOf = async (pid: string) => (await textOf(pid, "cmdline")).replaceAll("\0", " ").trim();
/** After its name, which may hold anything. */
const parentOf = async (pid: string) => {
  const stat = await textOf(pid, "stat");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
};

/** Those processes of an nginx that take connections now, by one of its processes. */
async function workersOf(pid: string): Promise<string[]> {
  const first = (await titleOf(pid)).startsWith("nginx: master") ? pid : await parentOf(pid);
  const found: string[] = [];
  for (const each of (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name)))
    if ((await parentOf(each)) === first && (await titleOf(each)) === WORKER) found.push(each);
  return found;
}

/** Has an nginx reload, and comes back once no process of before takes connections: until then a visitor may meet either. */
export async function turned(pid: string | undefined, reload: () => Promise<unknown>): Promise<void> {
  const before = pid === undefined ? [] : await workersOf(pid);
  await reload();
  const until = performance.now() + TURN_MS;
  for (const worker of before) while ((await titleOf(worker)) === WORKER && performance.now() < until) await sleep(LOOK_MS);
}
