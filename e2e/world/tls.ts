import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createServer, type TLSSocket } from "node:tls";
import { atEnd } from "./ends.ts";
import { folder } from "./places.ts";
import { run } from "./program.ts";

export type Certificate = Awaited<ReturnType<typeof certificateFor>>;

/** A certificate for an address or a name, by an authority of its own. */
export async function certificateFor(host: string, kind: "IP" | "DNS" = "IP") {
  const place = folder("tls");
  const at = (name: string) => join(place, name);
  const openssl = (...args: string[]) => run("openssl", args, { cwd: place });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test authority", "-days", "2");
  const names = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=${kind}:${host}`, "-CA", "ca.pem", "-CAkey", "ca.key"];
  await openssl("req", "-x509", ...key, "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", ...names);
  return { key: readFileSync(at("key.pem")), cert: readFileSync(at("cert.pem")), ca: at("ca.pem") };
}

/** What stands before AppOS in the world: ends TLS, and passes everything on. */
export async function tls({ host, port, to }: { host: string; port: number; to: number }) {
  const { key, cert, ca } = await certificateFor(host);
  const sockets = new Set<TLSSocket>();
  const forwarder = createServer({ key, cert }, (outer) => {
    const inner = connect(to, "127.0.0.1");
    sockets.add(outer);
    for (const [socket, other] of [[outer, inner] as const, [inner, outer] as const]) {
      socket.on("error", () => other.destroy());
      socket.on("close", () => other.destroy());
    }
    outer.on("close", () => sockets.delete(outer));
    outer.pipe(inner).pipe(outer);
  });
  await new Promise<void>((resolve, reject) => forwarder.on("error", reject).listen(port, host, resolve));
  atEnd(() => {
    forwarder.close();
    for (const socket of sockets) socket.destroy();
  });
  return { url: `https://${host}:${port}`, ca };
}
