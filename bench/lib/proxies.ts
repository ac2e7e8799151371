import { request } from "node:http";
import type { DomainView } from "@appos/shared/domains";
import type { JobView } from "@appos/shared/jobs";
import { atEnd } from "./ends.ts";
import type { Client } from "./client.ts";
import { sweepAtEnd } from "./engine.ts";
import { repeater } from "./open-sockets.ts";
import { folder, ports, until } from "./places.ts";
import { run } from "./program.ts";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export type Kind = "caddy" | "nginx";
/** Built before this begins, for there is no registry to pull them from. */
export const images: Record<Kind, string> = { caddy: "appos-test/caddy:2.11.2", nginx: "appos-test/nginx:1.22" };
export const project = `appos_proxy_${ports.http}`;
const container = `${project}-proxy-1`;

/** What an agent has to be told to start its proxy here. */
export function proxyEnvironment(): Record<string, string> {
  sweepAtEnd(project);
  return { APPOS_PROXY_PORTS: `${ports.http}:${ports.https}`, APPOS_PROXY_IMAGES: JSON.stringify(images) };
}

/** An app that answers at once, from memory; and one for websockets beside it. */
export const backend = (mark: string) => `services:
  web:
    image: ${images.nginx}
    command: [nginx, -c, /nginx.conf]
    stop_signal: SIGQUIT
    environment: {MARK: "${mark}"}
    configs: [{source: conf, target: /nginx.conf}]
${repeater(mark)}configs:
  conf:
    content: |
      daemon off;
      worker_processes 1;
      error_log stderr error;
      pid /run/nginx.pid;
      events { worker_connections 4096; }
      http {
        access_log off;
        keepalive_requests 1000000;
        server { listen 80; location / { default_type text/plain; return 200 "hello from a container\\n"; } }
      }
`;

export async function visited(name: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request({ host: "127.0.0.1", port: ports.http, headers: { host: name }, agent: false });
    asked.on("error", () => resolve(undefined)).on("response", (answer) => resolve(answer.resume().statusCode));
    asked.end();
  });
}
export const serves = (name: string) => until(`${name} is served`, async () => (await visited(name)) === 200, 60_000, 2);

export const addDomain = (admin: Client, app: string, domain: string, route: { path?: string; service?: string; port?: number } = {}) =>
  admin.ask<DomainView>("POST", "domains", { domain, app, service: "web", port: 80, https: "off", compress: false, ...route });
export const ended = (admin: Client, id: string) =>
  until(`job ${id} ends`, async () => {
    const job = await admin.ask<JobView>("GET", `jobs/${id}`);
    if (job.error) throw new Error(job.error.message);
    return job.endedAt;
  });

export async function becomes(admin: Client, driver: Kind) {
  const { job } = await admin.ask<{ job: JobView | null }>("PATCH", "proxy/local", { driver });
  if (job) await ended(admin, job.id);
}

const commands: Record<Kind, string[][]> = {
  caddy: [
    ["caddy", "validate", "--config", "/etc/appos-proxy/config.json"],
    ["caddy", "reload", "--force", "--config", "/etc/appos-proxy/config.json", "--address", "unix//tmp/appos-admin.sock"],
  ],
  nginx: [
    ["nginx", "-e", "stderr", "-t", "-q", "-c", "/etc/appos-proxy/nginx.conf"],
    ["nginx", "-e", "stderr", "-c", "/etc/appos-proxy/nginx.conf", "-s", "reload"],
  ],
};
const processes = async () => (await run("docker", ["top", container, "-eo", "pid"])).split("\n").slice(1);
/** What somebody would do by hand, and so the least that it takes: test, reload, and wait until that serves. Milliseconds. */
export async function byHand(kind: Kind): Promise<number> {
  const before = new Set(await processes());
  const begun = performance.now();
  for (const command of commands[kind]) await run("docker", ["exec", container, ...command]);
  // nginx says that it was told, and begins only then.
  if (kind === "nginx") await until("a new worker serves", async () => (await processes()).some((pid) => !before.has(pid)));
  return performance.now() - begun;
}

const nginxFile = (group: string, to: string) => `daemon off; worker_processes auto; error_log stderr error; pid /run/nginx.pid;
events { worker_connections 8192; }
http {
  access_log off;
  map $http_upgrade $wanted { default upgrade; "" "${group ? "" : "close"}"; }
  ${group}
  server {
    listen 80; server_name bench.test;
    location / {
      proxy_pass http://${to}; proxy_http_version 1.1;
      proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $wanted;
    }
  }
}
`;

/** As the documentation of each has it; and for nginx also with connections to the app that stay open, which few files have. */
const handWritten: Record<Kind | "nginx-keepalive", [file: string, text: string, command: string[]]> = {
  caddy: [
    "Caddyfile",
    "{\n admin off\n auto_https off\n}\nhttp://bench.test {\n reverse_proxy web:80\n}\n",
    ["caddy", "run", "--adapter", "caddyfile", "--config", "/conf/Caddyfile"],
  ],
  nginx: ["nginx.conf", nginxFile("", "web:80"), ["nginx", "-c", "/conf/nginx.conf"]],
  "nginx-keepalive": [
    "nginx.conf",
    nginxFile("upstream web { server web:80; keepalive 100; }", "web"),
    ["nginx", "-c", "/conf/nginx.conf"],
  ],
};
/** The same program with a file that somebody wrote by hand, beside ours, on the app's own network. */
export async function bareProxy(written: keyof typeof handWritten, kind: Kind, network: string) {
  const [file, text, [program, ...args]] = handWritten[written];
  const conf = folder("bare-proxy");
  writeFileSync(join(conf, file), text);
  const name = `bench-bare-${kind}`;
  const stop = () => run("docker", ["rm", "-f", name]).then(() => undefined);
  atEnd(stop);
  const where = ["--network", network, "-p", `${ports.peer}:80`, "-v", `${conf}:/conf:ro`];
  await run("docker", ["run", "-d", "--name", name, ...where, "--entrypoint", program!, images[kind], ...args]);
  return { port: ports.peer, stop };
}

/** Requests a second over connections that stay open. */
export async function requestsPerSecond(port: number, seconds: number): Promise<number> {
  const said = await run("wrk", ["-t1", "-c32", `-d${seconds}s`, "-H", "Host: bench.test", `http://127.0.0.1:${port}/`]);
  if (/Non-2xx|Socket errors/.test(said)) throw new Error(said);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(said)![1]);
}
