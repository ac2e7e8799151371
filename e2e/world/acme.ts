import { readFileSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { atEnd } from "./ends.ts";
import { folder, port as freePort } from "./places.ts";
import { run, start } from "./program.ts";
import { until } from "./until.ts";

/** Every name below it leads to this machine; no other name leads anywhere. */
export const ZONE = "apps.test";

/** Pebble, an authority that issues certificates to whoever answers at `httpPort` of a name, and a name server of its own. */
export async function acmeAuthority(httpPort: number) {
  const place = folder("acme");
  const at = (name: string) => join(place, name);
  const [listen, manage, tlsPort, dns] = [await freePort(), await freePort(), await freePort(), await freePort()];
  // An address of this machine that containers reach too.
  const address = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4")!.address;

  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", at("key.pem")];
  const subject = ["-subj", "/CN=pebble", "-addext", `subjectAltName=IP:${address}`];
  await run("openssl", ["req", "-x509", ...key, "-out", at("cert.pem"), "-days", "2", ...subject]);
  const pebble = {
    listenAddress: `0.0.0.0:${listen}`,
    managementListenAddress: `127.0.0.1:${manage}`,
    certificate: at("cert.pem"),
    privateKey: at("key.pem"),
    httpPort,
    tlsPort,
    ocspResponderURL: "",
    externalAccountBindingRequired: false,
  };
  writeFileSync(at("pebble.json"), JSON.stringify({ pebble }));

  const quiet = ["--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--bind-interfaces", "--pid-file="];
  const names = start("dnsmasq", [
    ...quiet,
    `--port=${dns}`,
    "--listen-address=127.0.0.1",
    `--address=/${ZONE}/127.0.0.1`,
    "--local=/test/",
  ]);
  const authority = start("pebble", ["-config", at("pebble.json"), "-dnsserver", `127.0.0.1:${dns}`], {
    env: { PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0" },
  });
  atEnd(async () => {
    for (const program of [authority, names]) program.signal("SIGTERM");
    await Promise.all([authority.ended, names.ended]);
  });
  // Its own certificate is nobody's business here; those that it issues have this root.
  const root = await until("the authority answers", () => run("curl", ["-skf", `https://127.0.0.1:${manage}/roots/0`]));
  const nameServer = `127.0.0.1:${dns}`;
  return {
    nameServer,
    settings: { directory: `https://${address}:${listen}/dir`, email: null, roots: readFileSync(at("cert.pem"), "utf8") },
    root,
  };
}
