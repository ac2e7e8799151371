import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostWorld } from "./host-world.ts";
import { proxyProgram } from "./proxy-world.ts";
import { visit } from "./visit.ts";

/** An nginx that somebody has installed, as Debian sets it up, with a site of its own. Nothing but its folder and its ports is ours. */
export async function hostNginxWorld({ http }: { http: number }): Promise<HostWorld> {
  const folder = mkdtempSync(join(tmpdir(), "appos-host-"));
  chmodSync(folder, 0o755);
  const at = (...path: string[]) => join(folder, ...path);
  for (const name of ["conf.d", "sites-enabled", "scratch"]) mkdirSync(at(name));
  const config = at("nginx.conf");
  const program = proxyProgram("usr/sbin/nginx");
  writeFileSync(
    config,
    `user www-data;
worker_processes 2;
pid ${at("nginx.pid")};
error_log ${at("error.log")};
events { worker_connections 768; }
http {
	${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${at("scratch", kind)};`).join("\n\t")}
	access_log off; # "as it is"
	gzip on;
	types_hash_max_size 2048;
	include conf.d/*.conf;
	include ${folder}/sites-enabled/*;
}
`,
  );
  const site = (name: string, text: string) => writeFileSync(at("sites-enabled", name), text);
  site("default", `server {\n  listen ${http} default_server;\n  server_name _;\n  location / { return 200 "nobody's\\n"; }\n}\n`);
  site("theirs", `server {\n  listen ${http};\n  server_name theirs.test *.theirs.test;\n  location / { return 200 "theirs\\n"; }\n}\n`);
  const args = ["-e", "stderr", "-c", config];
  let running = await start();

  async function start() {
    const child = spawn(program, [...args, "-g", "daemon off;"], { stdio: "ignore" });
    while (child.exitCode === null && (await visit({ name: "theirs.test", path: "/", https: false, port: http })).status !== 200)
      await sleep(50);
    return child;
  }
  async function stop() {
    running.kill("SIGTERM");
    await new Promise((resolve) => running.once("exit", resolve));
  }

  return {
    title: "Nginx",
    driver: "nginx",
    settings: { program, config },
    at,
    files: ["conf.d", "error.log", "nginx.conf", "nginx.pid", "scratch", "sites-enabled"],
    own: at("conf.d/appos.conf"),
    beside: at(".appos-next.conf"),
    breakIt: () => site("broken", "nonsense on;\n"),
    mend: () => rmSync(at("sites-enabled/broken")),
    complaint: /does not take its own configuration.*unknown directive "nonsense"/,
    reloadsToDeploy: true,
    passes: () => void execFileSync(program, ["-t", "-q", ...args], { stdio: "pipe" }),
    reload: () => void execFileSync(program, [...args, "-s", "reload"], { stdio: "pipe" }),
    copied: () => undefined,
    keyOf: (name) => {
      const dump = execFileSync(program, ["-T", "-q", ...args], { encoding: "utf8", stdio: "pipe" });
      return new RegExp(`ssl_certificate_key (\\S+/${name}/\\S+);`).exec(dump)![1]!;
    },
    keyMode: 0o600,
    stop,
    restart: async () => void (running = await start()),
    async end() {
      if (running.exitCode === null && running.signalCode === null) await stop();
      rmSync(folder, { recursive: true });
    },
  };
}
