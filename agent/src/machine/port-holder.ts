import { readdir, readFile, readlink } from "node:fs/promises";

/** A socket that listens, or for UDP one that is connected to nobody. */
const OPEN = { tcp: "0A", udp: "07" };

/** The program that listens on a port of this server; on any address and by any protocol where none is said. */
export async function portHolder(port: number, on?: { ip: string; protocol: string }): Promise<string | undefined> {
  let inode: string | undefined;
  for (const table of ["tcp", "tcp6", "udp", "udp6"]) {
    if (on && !table.startsWith(on.protocol)) continue;
    const text = await readFile(`/proc/net/${table}`, "utf8").catch(() => "");
    inode ??= listener(text, port, table.startsWith("tcp") ? OPEN.tcp : OPEN.udp, on?.ip);
  }
  if (inode === undefined) return undefined;
  for (const pid of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(pid) || !(await holds(pid, `socket:[${inode}]`))) continue;
    const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
    return name ? `the program ${name.trim()} (process ${pid})` : undefined;
  }
  // Known where programs may be looked into; a container's own network has its listeners in another table.
  return on && "another program";
}

export function listener(table: string, port: number, open = OPEN.tcp, ip = "") {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const line of table.split("\n").slice(1)) {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state === open && local.endsWith(wanted) && inTheWay(local.slice(0, -wanted.length), ip)) return inode;
  }
  return undefined;
}

/** Addresses are written as the kernel keeps them: each four bytes backwards. What listens on every address is in everyone's way. */
function inTheWay(local: string, ip: string): boolean {
  if (ip === "" || ip === "0.0.0.0" || ip === "::" || /^0+$/.test(local)) return true;
  const hex = ip
    .split(".")
    .map((part) => Number(part).toString(16).toUpperCase().padStart(2, "0"))
    .reverse()
    .join("");
  return local.endsWith(hex);
}

async function holds(pid: string, socket: string) {
  const open = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const each of open) if ((await readlink(`/proc/${pid}/fd/${each}`).catch(() => "")) === socket) return true;
  return false;
}
