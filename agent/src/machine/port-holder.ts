import { readdir, readFile, readlink } from "node:fs/promises";

/** A socket that listens, or for UDP one that is connected to nobody. */
const OPEN = { tcp: "0A", udp: "07" };

/** The program that listens on a port of this server. */
export async function portHolder(port: number): Promise<string | undefined> {
  let inode: string | undefined;
  for (const table of ["tcp", "tcp6", "udp", "udp6"]) {
    inode ??= listener(await readFile(`/proc/net/${table}`, "utf8").catch(() => ""), port, table.startsWith("tcp") ? OPEN.tcp : OPEN.udp);
  }
  if (inode === undefined) return undefined;
  for (const pid of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(pid) || !(await holds(pid, `socket:[${inode}]`))) continue;
    const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
    return name ? `the program ${name.trim()} (process ${pid})` : undefined;
  }
  return undefined;
}

export function listener(table: string, port: number, open = OPEN.tcp) {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const line of table.split("\n").slice(1)) {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state === open && local.endsWith(wanted)) return inode;
  }
  return undefined;
}

async function holds(pid: string, socket: string) {
  const open = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const each of open) if ((await readlink(`/proc/${pid}/fd/${each}`).catch(() => "")) === socket) return true;
  return false;
}
