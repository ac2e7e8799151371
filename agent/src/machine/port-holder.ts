import { readdir, readFile, readlink } from "node:fs/promises";

const LISTENING = "0A";

/** The program that listens on a TCP port of this server. */
export async function portHolder(port: number): Promise<string | undefined> {
  const tables = await Promise.all(["/proc/net/tcp", "/proc/net/tcp6"].map((path) => readFile(path, "utf8").catch(() => "")));
  const inode = tables.map((table) => listener(table, port)).find((found) => found !== undefined);
  if (inode === undefined) return undefined;
  for (const pid of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(pid) || !(await holds(pid, `socket:[${inode}]`))) continue;
    const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
    return name ? `the program ${name.trim()} (process ${pid})` : undefined;
  }
  return undefined;
}

export function listener(table: string, port: number) {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const line of table.split("\n").slice(1)) {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state === LISTENING && local.endsWith(wanted)) return inode;
  }
  return undefined;
}

async function holds(pid: string, socket: string) {
  const open = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const each of open) if ((await readlink(`/proc/${pid}/fd/${each}`).catch(() => "")) === socket) return true;
  return false;
}
