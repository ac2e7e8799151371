import { type Agent, type IncomingMessage, request } from "node:http";
import { request as securely } from "node:https";
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nginxDriver } from "../proxy/nginx-driver.ts";
import { nginxMark, nginxPlaces, renderNginx } from "../proxy/nginx.ts";
import type { Resolved, ResolvedRoute, ResolvedSite } from "../proxy/resolved.ts";
import { proxyProgram } from "./proxy-world.ts";
import { visit } from "./visit.ts";

/** A key and a certificate for a name, as they are kept: in one file. */
export function keyAndCertificate(name: string): string {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "-", "-subj", `/CN=${name}`];
  const options = ["req", "-x509", ...key, "-addext", `subjectAltName=DNS:${name}`, "-out", "-"];
  return execFileSync("openssl", options, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

export const route = (path: string, ports: number[], beside: ResolvedRoute["beside"] = null): ResolvedRoute => ({
  path,
  upstreams: at(ports),
  beside,
});
export const at = (ports: number[]) => ports.map((port) => ({ host: "127.0.0.1", port }));
export const plain = (name: string, routes: ResolvedRoute[], more: Partial<ResolvedSite> = {}): ResolvedSite => ({
  name,
  https: "off",
  forceHttps: true,
  alias: null,
  routes,
  ...more,
});
const acme = { directory: "https://acme.test/dir", email: null, rootsFile: null };

/** A real nginx beside this one's Docker, by what is rendered for one inside of it. */
export async function nginxWorld({ http, https }: { http: number; https: number }) {
  const folder = mkdtempSync(join(tmpdir(), "appos-nginx-"));
  chmodSync(folder, 0o755);
  for (const name of ["live", "challenges"]) mkdirSync(join(folder, name));
  const config = join(folder, "nginx.conf");
  const args = ["-e", "stderr", "-c", config];
  const nginx = proxyProgram("usr/sbin/nginx");

  /** Answers its mark. */
  function put(sites: ResolvedSite[], secured: string[] = []) {
    const certificates = new Map(secured.map((name) => [name, `certificates/${name}/0.pem`]));
    for (const [name, file] of certificates) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), keyAndCertificate(name));
    }
    const model = { id: "proxy-1", acme, sites, certificates } satisfies Resolved;
    const text = renderNginx(model);
    for (const [name, said] of Object.entries(nginxDriver.files!(model))) writeFileSync(join(folder, name), said);
    const here = text
      .replaceAll(nginxPlaces.shared, folder)
      .replaceAll(nginxPlaces.scratch, join(folder, "scratch"))
      .replaceAll("listen 80", `listen 127.0.0.1:${http}`)
      .replaceAll("listen 443", `listen 127.0.0.1:${https}`)
      .replace("/run/nginx.pid", join(folder, "nginx.pid"));
    writeFileSync(config, here);
    return nginxMark(text);
  }
  async function serves(mark: string) {
    while ((await visit({ name: "localhost", path: mark, https: false, port: http })).status !== 204) await sleep(50);
    // Who serves by the one before ends.
    await sleep(300);
  }

  const first = put([]);
  const running = spawn(nginx, args, { stdio: "ignore" });
  await serves(first);
  return {
    folder,
    live: (name: string) => join(folder, "live", name),
    async serve(sites: ResolvedSite[], secured: string[] = []) {
      const mark = put(sites, secured);
      execFileSync(nginx, [...args, "-s", "reload"], { stdio: "pipe" });
      await serves(mark);
    },
    async end() {
      running.kill("SIGTERM");
      await new Promise((resolve) => running.once("exit", resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

interface Asked {
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  agent?: Agent;
  https?: boolean;
}
/** Asks for a page of a site, on a connection of its own unless one is given. */
export const asking =
  (ports: { http: number; https: number }) =>
  (name: string, { path = "/", method = "GET", headers = {}, body, agent, https = false }: Asked = {}) =>
    new Promise<{ status: number; text: string; headers: IncomingMessage["headers"] }>((resolve, reject) => {
      const options = { host: "127.0.0.1", port: https ? ports.https : ports.http, path, method, headers: { host: name, ...headers } };
      const sent = https
        ? securely({ ...options, servername: name, rejectUnauthorized: false, agent: false })
        : request({ ...options, agent: agent ?? false });
      sent.on("error", reject);
      sent.on("response", (answer) => {
        let text = "";
        answer.on("data", (part) => (text += part));
        answer.on("error", reject);
        answer.on("end", () => resolve({ status: answer.statusCode!, text, headers: answer.headers }));
      });
      sent.end(body);
    });
