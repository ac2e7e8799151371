import { readFileSync } from "node:fs";
import type { DomainView } from "@appos/shared/domains";
import type { Page } from "@appos/shared/envelope";
import { ZONE } from "./acme.ts";
import type { Api } from "./api.ts";
import { certificateFor } from "./tls.ts";
import { until } from "./until.ts";

/** Domains of an app as they come to be: well, without a certificate, leading nowhere, with a certificate of each kind. */
export async function furnishDomains(admin: Api, app: string) {
  const secret = Buffer.from("a secret that nobody is shown").toString("base64");
  const own = await certificateFor(`*.own.${ZONE}`, "DNS");
  const chain = `${own.cert}${readFileSync(own.ca, "utf8")}`;
  const { id: certificateId } = await admin.post<{ id: string }>("certificates", { chain, key: String(own.key) });
  // Nobody listens there.
  const rfc2136 = { kind: "rfc2136", server: "127.0.0.1:9", keyName: "appos", algorithm: "hmac-sha256", secret };
  await admin.post("dns-providers", {
    name: "Company",
    zones: ["example.com", "example.org"],
    access: { kind: "cloudflare", token: "a-token" },
  });
  const { id: dnsProviderId } = await admin.post<{ id: string }>("dns-providers", { name: "Our own", zones: [ZONE], access: rfc2136 });
  await admin.post("registries", { host: "registry.example.com:5000", username: "ada", password: "correct horse" });
  for (const domain of [
    { domain: `shop.${ZONE}`, www: true, hsts: true, maxBodyMb: 50 },
    { domain: `deaf.${ZONE}`, port: 3000, https: "off" },
    { domain: "nowhere.test" },
    { domain: "wiki.lan", https: "internal" },
    {
      domain: `a.own.${ZONE}`,
      https: "own",
      certificateId,
      access: { users: [{ name: "ada", password: "correct horse" }], networks: ["127.0.0.1"] },
    },
    { domain: `*.${ZONE}`, dnsProviderId },
  ])
    await admin.post("domains", { app, service: "web", port: 80, ...domain });
  await admin.post("proxy/addresses", {
    server: "local",
    domain: "printer.lan",
    address: { host: "192.0.2.10", port: 9 },
    https: "internal",
  });
  await until("all is known of them", async () => {
    const { items } = await admin.get<Page<DomainView>>(`domains?app=${app}`);
    return items.every(
      ({ https, certificate, certificateProblem, seen }) => seen && (https === "off" || certificate || certificateProblem),
    );
  });
}
