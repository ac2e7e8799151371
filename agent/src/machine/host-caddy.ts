import { readFile, readlink } from "node:fs/promises";
import { keptBelow, placeOwn } from "./host-files.ts";
import { CommandFailed, type HostCaddy, type ProxySettings, type Said } from "./machine.ts";
import { portHolder } from "./port-holder.ts";
import { runProgram } from "./spawn.ts";

/** It reads and checks all that it is configured by, with every key. */
const LIMIT_MS = 30_000;
/** What it makes of a Caddyfile comes as one long line. */
const LINES = 100_000;
const CADDY = /^the program caddy \(process (\d+)\)$/;

interface Process {
  pid: string;
  uid: string;
  gid: string;
  groups: string[];
}

/** Caddy of this server: everything that has to be known of it is read off the one that runs. `top`: for files that it reads. */
export function hostCaddy(top: string, { http, https }: ProxySettings): HostCaddy {
  const kept = keptBelow(top);

  async function running(): Promise<Process | undefined> {
    for (const port of [http, https]) {
      const [, pid] = CADDY.exec((await portHolder(port)) ?? "") ?? [];
      const status = pid && (await readFile(`/proc/${pid}/status`, "utf8").catch(() => ""));
      if (!pid || !status) continue;
      // Of several the second one counts: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
      const ids = (what: string) => (new RegExp(`^${what}:(.*)`, "m").exec(status)?.[1] ?? "").split(/\s+/).filter((id) => id !== "");
      return { pid, uid: ids("Uid")[1]!, gid: ids("Gid")[1]!, groups: ids("Groups") };
    }
    return undefined;
  }
  async function must(): Promise<Process> {
    const found = await running();
    if (!found) throw new CommandFailed("Caddy of this server is not running", null, []);
    return found;
  }
  const listed = async (pid: string, what: string) =>
    (await readFile(`/proc/${pid}/${what}`, "utf8")).split("\0").filter((each) => each !== "");

  return {
    async started() {
      const it = await running();
      if (!it) return undefined;
      return { args: (await listed(it.pid, "cmdline")).slice(1), folder: await readlink(`/proc/${it.pid}/cwd`) };
    },
    async run(args) {
      const { pid, uid, gid, groups } = await must();
      // One that was updated since is another one.
      const program = (await readlink(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, "");
      const its = groups.length > 0 ? ["--groups", groups.join()] : ["--clear-groups"];
      const environment = (await listed(pid, "environ")).map((each) => [
        each.slice(0, each.indexOf("=")),
        each.slice(each.indexOf("=") + 1),
      ]);
      const said: Said = { stdout: [], stderr: [] };
      await runProgram("/usr/bin/setpriv", ["--reuid", uid, "--regid", gid, ...its, "--", program, ...args], {
        env: Object.fromEntries(environment) as Record<string, string>,
        timeoutMs: LIMIT_MS,
        onLine: (stream, text) => void (said[stream].length < LINES && said[stream].push(text)),
      });
      return said;
    },
    read: (path) => readFile(path, "utf8").catch(() => undefined),
    place: async (path, text) => placeOwn(path, text, text === undefined ? undefined : Number((await must()).gid)),
    kept: {
      folder: kept.folder,
      keep: async (texts) => kept.keep(texts, Number((await must()).gid)),
      only: kept.only,
    },
  };
}
