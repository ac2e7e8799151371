import { readFile } from "node:fs/promises";
import type Docker from "dockerode";
import { inTime, statusOf } from "./docker-client.ts";
import type { ListeningSocket } from "./machine.ts";

const LISTEN = "0A";

/** What listens in a running container, by the kernel's own tables; undefined where they cannot be read from here. */
export async function listenersIn(docker: Docker, id: string): Promise<ListeningSocket[] | undefined> {
  const pid = await inTime(docker.getContainer(id).inspect()).then(
    ({ State }) => State.Pid,
    (error: unknown) => {
      if (statusOf(error) !== 404) throw error;
    },
  );
  if (!pid || !(await isOf(pid, id))) return undefined;
  const [v4, v6] = await Promise.all(["tcp", "tcp6"].map((table) => readFile(`/proc/${pid}/net/${table}`, "utf8").catch(() => undefined)));
  return v4 === undefined ? undefined : [...listening(v4), ...listening(v6 ?? "")];
}

/** An engine elsewhere, or one that sees other processes than this agent does, counts them otherwise: then this is another process. */
async function isOf(pid: number, id: string) {
  const texts = ["mountinfo", "cgroup"].map((name) => readFile(`/proc/${pid}/${name}`, "utf8").catch(() => ""));
  return (await Promise.all(texts)).some((text) => text.includes(id));
}

/** Of a table of the kernel: without Docker's own name server, which listens in every container. */
export function listening(table: string): ListeningSocket[] {
  const rows = table.split("\n").slice(1);
  const found = rows.flatMap((line): ListeningSocket[] => {
    const [, local = "", , state] = line.trim().split(/\s+/);
    const [address = "", port = ""] = local.split(":");
    if (state !== LISTEN || address === "0B00007F") return [];
    return [{ port: parseInt(port, 16), on: reachOf(address) }];
  });
  return found.sort((a, b) => a.port - b.port);
}

/** Each four bytes are written backwards. */
function reachOf(address: string): ListeningSocket["on"] {
  if (/^0+$/.test(address)) return "all";
  const isLoopback = /^[0-9A-F]{6}7F$/.test(address) || /^0{24}01000000$/.test(address) || /^0{16}FFFF0000[0-9A-F]{6}7F$/.test(address);
  return isLoopback ? "itself" : "some";
}
