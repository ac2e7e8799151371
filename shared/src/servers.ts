import { z } from "zod";
import { Name } from "./ids.ts";

const short = z.string().max(200);

/** What a server is. Said by its agent when it connects, and when it changes. */
export const ServerFacts = z.object({
  hostname: short,
  os: short,
  kernel: short,
  /** As Node names it: x64, arm64. */
  arch: short,
  cpus: z.int(),
  memoryBytes: z.int(),
  agentVersion: short,
  /** Null where no engine answers. */
  dockerVersion: short.nullable(),
  composeVersion: short.nullable(),
  /** What to do about a missing or silent engine. */
  dockerProblem: z.string().max(1_000).nullable(),
});
export type ServerFacts = z.output<typeof ServerFacts>;

/** How a server is doing now. */
export const ServerSample = z.object({
  at: z.int(),
  /** 0 to 100, over all processors, since the sample before. */
  cpuPercent: z.number(),
  load1: z.number(),
  memoryUsedBytes: z.int(),
  memoryTotalBytes: z.int(),
  /** Of the file system that holds Docker's data. */
  diskUsedBytes: z.int(),
  diskTotalBytes: z.int(),
  uptimeSeconds: z.int(),
  containersRunning: z.int(),
});
export type ServerSample = z.output<typeof ServerSample>;

/** added: never connected. up: its agent's link is open. away: it is not. lost: it has not been for five minutes. */
export const Presence = z.enum(["added", "up", "away", "lost"]);
export type Presence = z.output<typeof Presence>;

export const ServerView = z
  .object({
    id: z.string(),
    name: z.string(),
    presence: Presence,
    /** Since when it is so. */
    since: z.int(),
    addedAt: z.int(),
    facts: ServerFacts.nullable(),
    /** The newest, while it is up. */
    sample: ServerSample.nullable(),
    appCount: z.int(),
  })
  .meta({ id: "Server" });
export type ServerView = z.output<typeof ServerView>;

export const NewServer = z.strictObject({ name: Name });
export type NewServer = z.output<typeof NewServer>;

/** How a machine becomes this server: a single-use token and the command that uses it. */
export const Enrollment = z.object({
  token: z.string(),
  command: z.string(),
  expiresAt: z.int(),
  /** Why other machines cannot reach the address in the command, where that is plain. */
  warning: z.string().nullable(),
});
export type Enrollment = z.output<typeof Enrollment>;

/** What `appos-agent enroll` sends, and what it is told. */
export const Enroll = z.strictObject({
  token: z.string().max(200),
  /** Ed25519, raw, base64url. */
  publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/, "Not a raw Ed25519 public key in base64url"),
});
export type Enroll = z.output<typeof Enroll>;
export const Enrolled = z.object({
  serverId: z.string(),
  serverName: z.string(),
  /** The control plane's id is the fingerprint of its key: `cp_` and the SHA-256 of the raw key, base64url. */
  controlPlaneId: z.string(),
  controlPlaneKey: z.string(),
});
export type Enrolled = z.output<typeof Enrolled>;
