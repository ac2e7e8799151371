import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { caddyPlaces, renderCaddy } from "../proxy/caddy.ts";
import { downPageFiles } from "../proxy/down-pages.ts";
import { keptName, renderHostCaddy } from "../proxy/installed/caddy/render.ts";
import { namesOf, type ResolvedSite } from "../proxy/resolved.ts";
import { keyAndCertificate } from "./nginx-world.ts";
import { proxyProgram } from "./proxy-world.ts";

const server = { id: "proxy-1", acme: { directory: "https://acme.test/dir", email: null, rootsFile: null } };

interface Rendered {
  admin: object;
  storage: object;
  apps: {
    http: { servers: Record<string, { listen: string[] }> };
    tls?: { automation: { policies: { issuers: object[] }[] } };
    pki?: object;
  };
}

/** In which of its languages a Caddy is told: as the one of a container is, or as the server's own. */
export type Told = "in JSON" | "in a Caddyfile";
interface Set {
  ports: { http: number; https: number; app: number };
  told?: Told;
}

/** Caddy itself, on ports of this machine, by what is rendered for it, before an app that answers as a test says. */
export async function caddyWorld({ ports, told = "in JSON" }: Set, app: RequestListener) {
  const folder = mkdtempSync(join(tmpdir(), "appos-caddy-"));
  const file = join(folder, told === "in JSON" ? "config.json" : "Caddyfile");
  const behind = createServer(app).listen(ports.app, "127.0.0.1");
  let caddy: ReturnType<typeof spawn> | undefined;

  async function serve(sites: (Omit<ResolvedSite, "routes" | "alias" | "forceHttps"> & Partial<ResolvedSite>)[], unseen?: string[]) {
    await stop();
    const routes = [{ path: "/", upstreams: [{ host: "127.0.0.1", port: ports.app }], beside: null }];
    const resolved = sites.map((site) => ({ forceHttps: false, alias: null, routes, ...site }));
    for (const [name, page] of Object.entries(downPageFiles({ sites: resolved }))) writeFileSync(join(folder, name), page);
    writeFileSync(file, told === "in JSON" ? asJson(resolved, unseen) : asCaddyfile(resolved));
    caddy = spawn(proxyProgram("usr/bin/caddy"), ["run", "--config", file], { stdio: "ignore", env: { HOME: folder } });
    const until = Date.now() + 10_000;
    while ((await raw("GET /.well-known/appos HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n").catch(() => "")) === "") {
      if (Date.now() > until) throw new Error("Caddy does not answer");
      await sleep(50);
    }
  }

  function asJson(sites: ResolvedSite[], unseen: string[] | undefined): string {
    const model = { ...server, certificates: new Map(), ...(unseen && { unseen }), sites };
    const config = JSON.parse(renderCaddy(model).replaceAll(caddyPlaces.shared, folder)) as Rendered;
    // As it is rendered, but for where a container has its places.
    config.admin = { disabled: true };
    config.storage = { module: "file_system", root: folder };
    for (const [name, each] of Object.entries(config.apps.http.servers)) each.listen = [`:${ports[name as "http" | "https"]}`];
    for (const policy of config.apps.tls?.automation.policies ?? []) policy.issuers = [{ module: "internal" }];
    config.apps.pki = { certificate_authorities: { local: { install_trust: false } } };
    return JSON.stringify(config);
  }

  function asCaddyfile(sites: ResolvedSite[]): string {
    const names = sites.flatMap((site) => (site.https === "off" ? [] : namesOf(site)));
    for (const name of names) writeFileSync(join(folder, keptName(`certificates/${name}/1.pem`)), keyAndCertificate(name));
    const certificates = new Map(names.map((name) => [name, `certificates/${name}/1.pem`]));
    const facts = { program: "caddy" as const, include: "", listen: { http: [], https: [] }, alone: { http: false, https: false } };
    const text = renderHostCaddy({ ...server, certificates, sites }, { facts, shown: folder, keys: folder, ports });
    return `{\n\tadmin off\n\thttp_port ${ports.http}\n\thttps_port ${ports.https}\n}\n${text}`;
  }

  async function stop() {
    if (!caddy || caddy.exitCode !== null) return;
    const ended = new Promise((resolve) => caddy!.once("exit", resolve));
    caddy.kill();
    await ended;
  }

  /** What is answered to exactly these bytes. */
  const raw = (text: string, host = "127.0.0.1") =>
    new Promise<string>((resolve, reject) => {
      let answer = "";
      const socket = connect(ports.http, host, () => socket.write(text));
      socket.setEncoding("latin1").setTimeout(5_000, () => socket.destroy(new Error("no answer")));
      socket.on("data", (chunk: string) => (answer += chunk));
      socket.on("end", () => resolve(answer)).on("error", reject);
    });

  return {
    serve,
    raw,
    behind,
    async end() {
      await stop();
      behind.closeAllConnections();
      behind.close();
      rmSync(folder, { recursive: true });
    },
  };
}
