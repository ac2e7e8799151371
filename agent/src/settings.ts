import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Refusal } from "./host/refusal.ts";
import { logLevels } from "./log.ts";

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

const Environment = z.object({
  APPOS_AGENT_DIR: z.string().startsWith("/", "Give an absolute path").optional(),
  APPOS_PREFIX: z.string().startsWith("/", "Give an absolute path").default(""),
  /** Apps whose jobs run side by side. */
  APPOS_LANES: z.coerce.number().int().min(1).max(50).default(3),
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
