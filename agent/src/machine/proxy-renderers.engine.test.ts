import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { caddyPlaces, renderCaddy } from "../proxy/caddy.ts";
import { anyModel, anyServer } from "../proxy/fake-models.ts";
import { adapted, asAsked, nothing } from "./adapted-caddyfile.ts";
import { keptName, renderHostCaddy } from "../proxy/installed/caddy/render.ts";
import { renderHostNginx } from "../proxy/installed/nginx/render.ts";
import { nginxPlaces, renderNginx } from "../proxy/nginx.ts";
import type { Resolved } from "../proxy/resolved.ts";
import { keyAndCertificate } from "./nginx-world.ts";
import { proxyProgram } from "./proxy-world.ts";

const folder = mkdtempSync(join(tmpdir(), "appos-rendered-"));
const pair = keyAndCertificate("a.test");
afterAll(() => rmSync(folder, { recursive: true }));

test("Caddy takes whatever is rendered for it", () => {
  const file = join(folder, "config.json");
  fc.assert(
    fc.property(anyServer, (model) => {
      keepCertificates(model);
      writeFileSync(file, renderCaddy(model).replaceAll(caddyPlaces.shared, folder));
      execFileSync(proxyProgram("usr/bin/caddy"), ["validate", "--config", file], { stdio: "pipe", env: { HOME: folder } });
    }),
    { numRuns: 60 },
  );
});

test("nginx takes whatever is rendered for it", () => {
  const file = join(folder, "nginx.conf");
  mkdirSync(join(folder, "scratch"));
  fc.assert(
    fc.property(anyServer, (model) => {
      keepCertificates(model);
      const text = renderNginx(model).replaceAll(nginxPlaces.shared, folder).replaceAll(nginxPlaces.scratch, join(folder, "scratch"));
      writeFileSync(file, text.replace("/run/nginx.pid", join(folder, "nginx.pid")));
      execFileSync(proxyProgram("usr/sbin/nginx"), ["-t", "-q", "-e", "stderr", "-c", file], { stdio: "pipe" });
    }),
    { numRuns: 200 },
  );
});

test("nginx takes whatever is rendered for it beside what is its own", () => {
  const file = join(folder, "host.conf");
  const own = join(folder, "host");
  mkdirSync(own);
  const scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/scratch;`).join(" ");
  const site = "server { listen 80 default_server; listen [::]:80; server_name theirs.invalid; }";
  // As long names want it; that is somebody else's to say.
  const hash = "server_names_hash_bucket_size 512; server_names_hash_max_size 4096;";
  writeFileSync(
    file,
    `pid ${folder}/host.pid; events {} http { access_log off; ${hash} ${scratch} include host/*.conf; map $host $first { default x; } ${site} }`,
  );
  const alone = fc.record({ http: fc.boolean(), https: fc.boolean() });
  const listen = fc.constantFrom<{ http: string[]; https: string[] }>(
    { http: ["80"], https: ["443"] },
    { http: ["80", "[::]:80"], https: ["443", "[::]:443"] },
    { http: ["192.0.2.2:80"], https: ["127.0.0.1:443", "443"] },
  );
  fc.assert(
    fc.property(anyModel, alone, listen, (model, isAlone, listens) => {
      keepCertificates(model);
      const facts = { program: "nginx" as const, include: "", listen: listens, alone: isAlone };
      writeFileSync(
        join(own, "appos.conf"),
        renderHostNginx(model, { facts, shown: folder, keys: folder, ports: { http: 80, https: 443 } }),
      );
      execFileSync(proxyProgram("usr/sbin/nginx"), ["-t", "-q", "-e", "stderr", "-c", file], { stdio: "pipe" });
    }),
    { numRuns: 150 },
  );
});

test("Caddy takes whatever is rendered for it beside what is its own, and makes of it what was asked for", () => {
  const imported = join(folder, "appos.caddyfile");
  const file = join(folder, "Caddyfile");
  writeFileSync(file, `{\n\tadmin off\n}\n:80, theirs.invalid {\n\trespond "theirs"\n}\nimport *.caddyfile\n`);
  const listen = fc.constantFrom<{ http: string[]; https: string[] }>(
    { http: [], https: [] },
    { http: ["192.0.2.2", "127.0.0.1"], https: ["[2001:db8::1]"] },
  );
  const caddy = (command: string) =>
    execFileSync(proxyProgram("usr/bin/caddy"), [command, "--adapter", "caddyfile", "--config", file], {
      stdio: "pipe",
      encoding: "utf8",
      env: { HOME: folder },
    });
  fc.assert(
    fc.property(anyModel, listen, fc.boolean(), (model, binds, endsStreams) => {
      for (const certificate of model.certificates.values()) writeFileSync(join(folder, keptName(certificate)), pair);
      const facts = { program: "caddy" as const, include: "", listen: binds, alone: { http: false, https: false } };
      const places = {
        facts: { ...facts, ...(endsStreams && { endsStreams }) },
        shown: folder,
        keys: folder,
        ports: { http: 80, https: 443 },
      };
      writeFileSync(imported, renderHostCaddy(model, places));
      caddy("validate");
      const [plain, secure] = adapted(caddy("adapt"));
      for (const site of model.sites) {
        const hasCertificate = site.https !== "off" && model.certificates.has(site.name);
        if (hasCertificate) expect(secure.get(site.name)).toMatchObject(asAsked(site, true));
        else expect(secure.has(site.name)).toBe(false);
        if (hasCertificate && site.forceHttps)
          expect(plain.get(site.name)).toMatchObject({ ...nothing, to: "https://{http.request.host}{http.request.uri}" });
        else expect(plain.get(site.name)).toMatchObject(asAsked(site, false));
      }
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

function keepCertificates({ certificates }: Resolved) {
  for (const certificate of certificates.values()) {
    mkdirSync(dirname(join(folder, certificate)), { recursive: true });
    writeFileSync(join(folder, certificate), pair);
  }
}
