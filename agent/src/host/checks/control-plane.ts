import { lookup } from "node:dns/promises";
import { readFileSync, statSync } from "node:fs";
import { connect as connectPlain, isIP } from "node:net";
import { connect as connectTls, getCACertificates } from "node:tls";
import type { Identity } from "../../settings.ts";
import { askControlPlane, whyNot } from "../ask-control-plane.ts";
import { controlPlaneUrl, proxyFor } from "../outbound.ts";
import { type Check, type CheckContext, type Finding, broken, fine } from "./check.ts";
import { tryLink } from "./socket.ts";

const PATIENCE_MS = 10_000;
const MOST_SKEW_MS = 60_000;

/** A check that needs to know the control plane. */
function ofControlPlane(name: string, look: (url: URL, identity: Identity, context: CheckContext) => Promise<Finding>): Check {
  return {
    name,
    look: async (context) => (context.identity ? look(controlPlaneUrl(context.identity.url), context.identity, context) : undefined),
  };
}

export const enrollment: Check = {
  name: "Enrollment",
  async look({ identity, settings: { files } }) {
    if (!identity) return broken("this machine is not enrolled", "Add a server in the console and run the command it shows.");
    const open = (statSync(files.identity).mode & 0o077) !== 0;
    if (open) return broken(`others can read ${files.identity}`, `Run: chmod 600 ${files.identity}`);
    return fine(`server ${identity.serverName} of ${identity.url}`);
  },
};

/** Where the first connection goes: to the proxy, if there is one. */
const firstHop = (url: URL, env: NodeJS.ProcessEnv) => proxyFor(url, env) ?? url;
const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, "");
const portOf = (url: URL) => Number(url.port || (url.protocol === "https:" ? 443 : 80));

export const names = ofControlPlane("DNS", async (url, _, { env }) => {
  const { hostname } = firstHop(url, env);
  try {
    const { address } = await lookup(bare(hostname));
    return fine(`${hostname} is ${address}`);
  } catch (error) {
    return broken(
      `${hostname} cannot be looked up (${(error as NodeJS.ErrnoException).code})`,
      "Check /etc/resolv.conf and the name of the control plane.",
    );
  }
});

export const connection = ofControlPlane("Connection", async (url, identity, { env }) => {
  const hop = firstHop(url, env);
  const encrypted = hop === url && url.protocol === "https:";
  const where = { host: bare(hop.hostname), port: portOf(hop) };
  const ca = identity.ca ? [...getCACertificates("default"), readFileSync(identity.ca, "utf8")] : undefined;
  const socket = encrypted
    ? connectTls({ ...where, servername: isIP(where.host) ? "" : where.host, ...(ca && { ca }) })
    : connectPlain(where);
  const { promise, resolve } = Promise.withResolvers<Finding>();
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
  socket.on(encrypted ? "secureConnect" : "connect", () => {
    const through = hop === url ? "" : " (the proxy)";
    resolve(fine(`${encrypted ? "TLS" : "TCP"} to ${where.host}:${where.port}${through}`));
  });
  socket.on("error", (error) =>
    resolve(broken(`${where.host}:${where.port}: ${whyNot(error)}`, "Allow this machine to connect there, and check the certificate.")),
  );
  const finding = await promise;
  socket.destroy();
  return finding;
});

export const answer = ofControlPlane("HTTP", async (url, { ca }, { env }) => {
  const { status, body } = await askControlPlane(url, { path: "/api/health", ca, env });
  if (status === 200 && body.includes('"success":true')) return fine("the control plane answers");
  if (status >= 300 && status < 400)
    return broken(`a redirect (HTTP ${status})`, "Enroll again with the control plane's final address and --replace.");
  return broken(
    `HTTP ${status} from /api/health`,
    "Something other than the control plane answers at this address. Check the proxy in front of it.",
  );
});

export const clock = ofControlPlane("Clock", async (url, { ca }, { env }) => {
  const { headers } = await askControlPlane(url, { path: "/api/health", ca, env });
  const there = Date.parse(headers.date ?? "");
  if (Number.isNaN(there)) return fine("the control plane tells no time");
  const off = Date.now() - there;
  const seconds = Math.round(Math.abs(off) / 1000);
  if (Math.abs(off) <= MOST_SKEW_MS) return fine(`${seconds} s from the control plane's`);
  return broken(`${seconds} s ${off > 0 ? "ahead of" : "behind"} the control plane's`, "Set this machine's clock, best by a time service.");
});

export const upgrade = ofControlPlane("WebSocket", async (url, identity, { env }) => {
  const attempt = await tryLink(url, identity, env);
  if (attempt.opened) return fine("the connection can be upgraded");
  if (attempt.status === 403) return fine("the control plane itself answers, and refuses this server");
  if (attempt.status === undefined) return broken(attempt.why, "See the checks above.");
  return broken(attempt.why, "A proxy on the way does not pass WebSockets. Let it pass the headers Upgrade and Connection.");
});
