import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, test } from "vitest";
import { caddyPlaces, renderCaddy } from "../proxy/caddy.ts";
import { anyModel, anyServer } from "../proxy/fake-models.ts";
import { renderHostNginx } from "../proxy/installed/render.ts";
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
      const facts = { include: "", listen: listens, alone: isAlone };
      writeFileSync(join(own, "appos.conf"), renderHostNginx(model, { facts, shown: folder, keys: folder }));
      execFileSync(proxyProgram("usr/sbin/nginx"), ["-t", "-q", "-e", "stderr", "-c", file], { stdio: "pipe" });
    }),
    { numRuns: 150 },
  );
});

function keepCertificates({ certificates }: Resolved) {
  for (const certificate of certificates.values()) {
    mkdirSync(dirname(join(folder, certificate)), { recursive: true });
    writeFileSync(join(folder, certificate), pair);
  }
}
