import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { Refusal } from "./host/refusal.ts";
import { ProxyDriver } from "@appos/shared/sites";
import { logLevels } from "./log.ts";
import { jsonOf } from "./json.ts";

/** Who this server is to its control plane, and who the control plane is. Written by `enroll`. */
export const Identity = z.object({
  /** Of the control plane: https, or http to this machine itself. */
  url: z.url(),
  serverId: z.string(),
  serverName: z.string(),
  /** The fingerprint of its key. An agent without it does not start. */
  controlPlaneId: z.string().regex(/^cp_[A-Za-z0-9_-]{43}$/),
  /** Ed25519, raw, base64url. */
  controlPlaneKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** This server's own Ed25519 key: PKCS #8, base64url. */
  privateKey: z.string().min(1),
  /** Where the control plane was before it moved to `url`, and when this agent followed it. */
  moved: z.object({ from: z.string(), at: z.int() }).optional(),
  /** Certificates to trust besides the usual ones, a PEM file. */
  ca: z.string().optional(),
});
export type Identity = z.output<typeof Identity>;

const Images = z.partialRecord(ProxyDriver, z.string().min(1).max(300));

/** What proxies are started from where nobody says otherwise. */
const PROXY_IMAGES: Record<ProxyDriver, string> = { caddy: "caddy:2.11.2", nginx: "nginx:1.29.3", traefik: "traefik:v3.6.15" };

const Environment = z.object({
  APPOS_AGENT_DIR: z.string().startsWith("/", "Give an absolute path").optional(),
  APPOS_PREFIX: z.string().startsWith("/", "Give an absolute path").default(""),
  /** Apps whose jobs run side by side. */
  APPOS_LANES: z.coerce.number().int().min(1).max(50).default(3),
  /** On which ports of the server its proxy listens, for HTTP and HTTPS, as in 80:443. */
  APPOS_PROXY_PORTS: z
    .string()
    .regex(/^\d{1,5}:\d{1,5}$/, "Give two ports, such as 80:443")
    .default("80:443"),
  /** Nginx of the server itself, where it is not where it usually is: its program and its configuration. */
  APPOS_HOST_NGINX: z
    .string()
    .regex(/^\/[^:]+:\/[^:]+$/, "Give two absolute paths, such as /opt/nginx/sbin/nginx:/opt/nginx/conf/nginx.conf")
    .optional(),
  /** Images to start proxies from, in place of the usual ones: JSON, as in {"caddy":"registry.example.com/caddy:2"}. */
  APPOS_PROXY_IMAGES: z
    .string()
    .transform((text, context) => {
      const { data } = Images.safeParse(jsonOf(text));
      if (data) return data;
      context.addIssue('Give JSON, such as {"caddy":"registry.example.com/caddy:2"}');
      return z.NEVER;
    })
    .optional(),
  /** Name servers to ask in place of the server's own, as where names lead elsewhere inside of a network: by commas. */
  APPOS_DNS: z
    .string()
    .transform((text, context) => {
      const servers = text.split(",").map((word) => word.trim());
      if (servers.every(isNameServer)) return servers;
      context.addIssue("Give addresses of name servers, with a port where it is not 53, such as 9.9.9.9,[2620:fe::fe]:53");
      return z.NEVER;
    })
    .optional(),
  APPOS_LOG: z.enum(["pretty", "json"]).default("pretty"),
  APPOS_LOG_LEVEL: z.enum(logLevels).default("info"),
});

export type Settings = ReturnType<typeof settingsFrom>;

/** Where everything is and how it is logged. */
export function settingsFrom(env: Record<string, string | undefined>) {
  const { data, error } = Environment.safeParse(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== "")));
  if (error) throw new Refusal(`The agent's environment does not fit. ${z.prettifyError(error)}`);
  const prefix = data.APPOS_PREFIX;
  const etc = data.APPOS_AGENT_DIR ?? `${prefix}/etc/appos`;
  const dir = data.APPOS_AGENT_DIR ?? `${prefix}/var/lib/appos`;
  return {
    /** Set where everything was moved below one folder, in tests. */
    prefix,
    dirs: { etc, data: dir, journal: join(dir, "journal"), apps: join(dir, "apps") },
    files: {
      identity: join(etc, "agent.json"),
      environment: join(etc, "agent.env"),
      policy: join(etc, "policy.yaml"),
      ca: join(etc, "ca.pem"),
      status: join(dir, "status.json"),
      lock: join(dir, "agent.pid"),
      /** Where the running agent is asked. */
      socket: join(dir, "agent.sock"),
    },
    lanesAtOnce: data.APPOS_LANES,
    proxy: proxyFrom(data),
    nameServers: data.APPOS_DNS,
    log: { format: data.APPOS_LOG, level: data.APPOS_LOG_LEVEL },
  };
}

/** The identity, or undefined before `enroll`. */
export function readIdentity({ files }: Pick<Settings, "files">): Identity | undefined {
  let text: string;
  try {
    text = readFileSync(files.identity, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Refusal(`${files.identity} cannot be read: ${(error as Error).message}. Run this as root.`);
  }
  const { data, error } = Identity.safeParse(parsed(text));
  if (error) throw new Refusal(`${files.identity} is damaged. Enroll this server again with a new token and --replace.`);
  return data;
}

/** The identity of a server that has one; anyone else is told how to get it. */
export function requireIdentity(settings: Pick<Settings, "files">): Identity {
  const identity = readIdentity(settings);
  if (!identity) throw new Refusal("This machine is not enrolled yet. Add a server in the console and run the command it shows.");
  return identity;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isNameServer(text: string) {
  if (isIP(text) !== 0) return true;
  const [, v6, v4 = "", port = "53"] = /^(?:\[(.+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  return (v6 === undefined ? isIP(v4) === 4 : isIP(v6) === 6) && Number(port) >= 1 && Number(port) <= 65_535;
}

function proxyFrom({ APPOS_PROXY_PORTS, APPOS_PROXY_IMAGES, APPOS_HOST_NGINX }: z.output<typeof Environment>) {
  const [http, https] = APPOS_PROXY_PORTS.split(":").map(Number) as [number, number];
  const [program, config] = APPOS_HOST_NGINX?.split(":") ?? [];
  return { http, https, images: { ...PROXY_IMAGES, ...APPOS_PROXY_IMAGES }, ...(program && config && { hostNginx: { program, config } }) };
}
