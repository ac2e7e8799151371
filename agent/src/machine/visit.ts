import { request as overHttp } from "node:http";
import { Agent, request as overHttps } from "node:https";
import type { PeerCertificate, TLSSocket } from "node:tls";
import type { Certificate } from "@appos/shared/sites";
import { PROXY_HEADER } from "@appos/shared/site-check";
import type { Visit, Visited } from "./machine.ts";

const ANSWER_MS = 10_000;

/** Nothing was sent, as where a server has no IPv6. */
const noWay = new Set(["ENETUNREACH", "EADDRNOTAVAIL", "EAFNOSUPPORT"]);

/** Asks a proxy on this server for a page of a site, as a visitor would, whatever DNS says and whoever issued its certificate. */
export function visit({ name, path, https, port, host = "127.0.0.1", limitMs = ANSWER_MS }: Visit): Promise<Visited> {
  return new Promise((resolve) => {
    let certificate: Certificate | null = null;
    const done = (status: number | null, more: Partial<Visited> = {}) => resolve({ status, certificate, ...more });
    const options = { host, port, path, headers: { host: name, "user-agent": "AppOS" }, signal: AbortSignal.timeout(limitMs) };
    // A connection of its own: an earlier one would show the certificate of then.
    const asked = https
      ? overHttps({ ...options, servername: name, rejectUnauthorized: false, agent: new Agent({ keepAlive: false }) })
      : overHttp(options);
    asked.on("socket", (socket) =>
      socket.on("secureConnect", () => {
        certificate = certificateOf((socket as TLSSocket).getPeerCertificate());
      }),
    );
    asked.on("response", (answer) => {
      answer.destroy();
      const proxy = answer.headers[PROXY_HEADER];
      done(answer.statusCode ?? null, typeof proxy === "string" ? { proxy: proxy.slice(0, 64) } : {});
    });
    asked.on("error", ({ code }: NodeJS.ErrnoException) => done(null, noWay.has(code ?? "") ? { unasked: true } : {}));
    asked.end();
  });
}

function certificateOf({ issuer, subject, subjectaltname, valid_from, valid_to }: PeerCertificate): Certificate | null {
  if (!valid_to) return null;
  const names = (subjectaltname ?? `DNS:${subject.CN}`).split(", ").flatMap((each) => (each.startsWith("DNS:") ? each.slice(4) : []));
  const words = [issuer?.O, issuer?.CN].filter((word) => word).join(", ");
  return { issuer: words.slice(0, 500), names: names.slice(0, 100), notBefore: Date.parse(valid_from), notAfter: Date.parse(valid_to) };
}
