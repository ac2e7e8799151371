import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterAll, test } from "vitest";
import { caddyPlaces, renderCaddy } from "../proxy/caddy.ts";
import { anyServer } from "../proxy/fake-models.ts";
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

function keepCertificates({ certificates }: Resolved) {
  for (const certificate of certificates.values()) {
    mkdirSync(dirname(join(folder, certificate)), { recursive: true });
    writeFileSync(join(folder, certificate), pair);
  }
}
