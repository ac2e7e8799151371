import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What `npm test` has built. */
export const CADDY = "appos-test/caddy:2.11.2";
export const NGINX = "appos-test/nginx:1.22";

/** As `npm test` has unpacked them. */
export const proxyProgram = (name: string) => join(import.meta.dirname, "../../../node_modules/.cache/appos-proxies", name);

/** A name server that says of every name below `apps.test` that it is this machine, and of no other anything. */
function nameServer(port: number) {
  const options = ["--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--bind-interfaces", "--pid-file="];
  return spawn("dnsmasq", [...options, `--port=${port}`, "--listen-address=127.0.0.1", "--address=/apps.test/127.0.0.1"], {
    stdio: "ignore",
  });
}

/** Pebble, an ACME authority that really looks at port `httpPort` of the names, and at their records; `nameServer`: the port of another one to ask. */
export async function acmeAuthority({ port, httpPort, nameServer: other }: { port: number; httpPort: number; nameServer?: number }) {
  const folder = mkdtempSync(join(tmpdir(), "appos-pebble-"));
  const at = (name: string) => join(folder, name);
  // An address of this machine that containers reach too.
  const address = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4")!.address;
  const subject = ["-subj", "/CN=pebble", "-addext", `subjectAltName=IP:${address}`];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", at("key.pem")];
  execFileSync("openssl", ["req", "-x509", ...key, "-out", at("cert.pem"), "-days", "30", ...subject], { stdio: "ignore" });
  const pebble = {
    listenAddress: `0.0.0.0:${port}`,
    managementListenAddress: `127.0.0.1:${port + 1}`,
    certificate: at("cert.pem"),
    privateKey: at("key.pem"),
    httpPort,
    tlsPort: port + 2,
    ocspResponderURL: "",
    externalAccountBindingRequired: false,
  };
  writeFileSync(at("pebble.json"), JSON.stringify({ pebble }));
  const env = { PATH: process.env["PATH"], PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "0" };
  const names = other === undefined ? nameServer(port + 3) : undefined;
  const asked = `127.0.0.1:${other ?? port + 3}`;
  const running = spawn("pebble", ["-config", at("pebble.json"), "-dnsserver", asked], { stdio: "ignore", env });
  await sleep(500);
  return {
    settings: { directory: `https://${address}:${port}/dir`, email: null, roots: readFileSync(at("cert.pem"), "utf8") },
    end() {
      running.kill();
      names?.kill();
      rmSync(folder, { recursive: true });
    },
  };
}
