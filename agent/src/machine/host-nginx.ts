import { placeOwn } from "./host-files.ts";
import { CommandFailed, type HostNginx, type ProxySettings, type Said } from "./machine.ts";
import { portHolder } from "./port-holder.ts";
import { turned } from "./nginx-workers.ts";
import { findTool, PATH } from "./programs.ts";
import { runProgram } from "./spawn.ts";

/** Its check of a thousand sites, with their keys, takes some seconds. */
const LIMIT_MS = 30_000;
/** All that it is configured by, which is not the last of what it says. */
const LINES = 500_000;
const TRIES = 3;
const NGINX = /^the program nginx \(process (\d+)\)$/;

/** Nginx of this server. */
export function hostNginx(set: ProxySettings["hostNginx"]): HostNginx {
  async function run(args: readonly string[], config = set?.config): Promise<Said> {
    const program = set?.program ?? (await findTool("nginx"));
    if (!program) throw new CommandFailed("Nginx is not installed on this server", null, []);
    const said: Said = { stdout: [], stderr: [] };
    const onLine = (stream: keyof Said, text: string) => void (said[stream].length < LINES && said[stream].push(text));
    await runProgram(program, [...args, ...(config ? ["-c", config] : [])], {
      env: { PATH, LANG: "C.UTF-8" },
      timeoutMs: LIMIT_MS,
      onLine,
    });
    return said;
  }
  /** One of its processes. */
  async function processOn(ports: number[]): Promise<string | undefined> {
    // One that is looked at may end just then, as they do after a reload.
    for (let tries = 0; tries < TRIES; tries++)
      for (const port of ports) {
        const [, pid] = NGINX.exec((await portHolder(port)) ?? "") ?? [];
        if (pid) return pid;
      }
    return undefined;
  }

  return {
    run,
    hasPort: async (...ports) => (await processOn(ports)) !== undefined,
    reload: async (...ports) => turned(await processOn(ports), () => run(["-e", "stderr", "-s", "reload"])),
    place: (path, text) => placeOwn(path, text),
  };
}
