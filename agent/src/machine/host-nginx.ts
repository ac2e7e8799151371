import { chmod, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { filesBelow } from "./files.ts";
import { CommandFailed, type HostNginx, type ProxySettings } from "./machine.ts";
import { portHolder } from "./port-holder.ts";
import { turned } from "./nginx-workers.ts";
import type { Said } from "./visits.ts";
import { findTool, PATH } from "./programs.ts";
import { runProgram } from "./spawn.ts";

/** Its check of a thousand sites, with their keys, takes some seconds. */
const LIMIT_MS = 30_000;
/** All that it is configured by, which is not the last of what it says. */
const LINES = 500_000;
/** Nothing else is ever written among the files of others. */
const OWN = /^\.?appos(-[a-z]+)?\.conf$/;

const TRIES = 3;
const NGINX = /^the program nginx \(process (\d+)\)$/;

/** Nginx of this server. `top`: for files that those of its processes read that talk to visitors. */
export function hostNginx(top: string, set: ProxySettings["hostNginx"]): HostNginx {
  const files = filesBelow(top);
  const folder = join(top, "shown");
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
    async place(path, text) {
      if (!OWN.test(basename(path))) throw new Error(`${path} is not AppOS's own`);
      if (text === undefined) return void (await rm(path, { force: true }));
      // No include of others reads what is not whole yet: they end in `.conf`, or leave out what begins with a dot.
      const draft = `${dirname(path)}/.${basename(path)}.new`;
      const file = await open(draft, "w", 0o644);
      try {
        await file.chmod(0o644);
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
    },
    shown: {
      folder,
      files: {
        list: files.list,
        remove: files.remove,
        /** Whoever has been told a file's name may read it; what is in a folder is not told. */
        async share(texts) {
          await mkdir(folder, { recursive: true, mode: 0o711 });
          await files.share(texts);
          for (const each of new Set([top, folder, ...Object.keys(texts).map(dirname)])) await chmod(each, 0o711);
        },
      },
    },
  };
}
