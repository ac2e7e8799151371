import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostWorld } from "./host-world.ts";
import { proxyProgram } from "./proxy-world.ts";
import { visit } from "./visit.ts";

/** As whom it runs: somebody who may read nothing of the agent's. */
const NOBODY = 65_534;

/** A Caddy that somebody has installed, as Debian sets it up, with a site of its own. Nothing but its folder and its ports is ours. */
export async function hostCaddyWorld({ http, https }: { http: number; https: number }): Promise<HostWorld> {
  const folder = mkdtempSync(join(tmpdir(), "appos-host-"));
  chmodSync(folder, 0o755);
  const at = (...path: string[]) => join(folder, ...path);
  for (const name of ["conf.d", "sites", "its"]) mkdirSync(at(name));
  chownSync(at("its"), NOBODY, NOBODY);
  const config = at("Caddyfile");
  const own = at("conf.d/appos.caddyfile");
  const program = proxyProgram("usr/bin/caddy");
  writeFileSync(
    config,
    `{
	http_port ${http}
	https_port ${https}
	admin unix/${at("its/admin.sock")}
}

# import nothing/*
http://theirs.test, http://*.theirs.test {
	respond {$WORD}
}

import conf.d/*.caddyfile
:${http} {
	respond "nobody's"
}
import sites/*
`,
  );
  const as = { uid: NOBODY, gid: NOBODY, env: { HOME: at("its"), WORD: "theirs" } };
  const run = (command: string) =>
    void execFileSync(program, [command, "--adapter", "caddyfile", "--config", config], { stdio: "pipe", ...as });
  let running = await start();

  async function start() {
    const child = spawn(program, ["run", "--environ", "--config", config], { stdio: "ignore", ...as });
    while (child.exitCode === null && (await visit({ name: "theirs.test", path: "/", https: false, port: http })).status !== 200)
      await sleep(50);
    if (child.exitCode !== null) throw new Error(`Caddy ended with exit code ${child.exitCode}`);
    return child;
  }
  async function stop() {
    running.kill("SIGTERM");
    await new Promise((resolve) => running.once("exit", resolve));
  }

  return {
    title: "Caddy",
    driver: "caddy",
    at,
    files: ["Caddyfile", "conf.d", "its", "sites"],
    own,
    beside: at(".appos-next"),
    breakIt: () => writeFileSync(at("sites/broken"), `http://broken.test {\n\tnonsense on\n}\n`),
    mend: () => rmSync(at("sites/broken")),
    complaint: /does not take its own configuration.*unrecognized directive: nonsense/,
    reloadsToDeploy: false,
    passes: () => run("validate"),
    reload: () => run("reload"),
    copied: () => existsSync(own) && chownSync(own, 0, NOBODY),
    keyOf: (name) => new RegExp(`tls \\S+ (\\S+/${name}-\\S+)`).exec(readFileSync(own, "utf8"))![1]!,
    keyMode: 0o640,
    stop,
    restart: async () => void (running = await start()),
    async end() {
      if (running.exitCode === null && running.signalCode === null) await stop();
      rmSync(folder, { recursive: true });
    },
  };
}
