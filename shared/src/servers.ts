import { z } from "zod";
import { Name } from "./ids.ts";
import { Policy } from "./policy.ts";

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
  /** By which it is reached in the networks that it is in; left out by an agent that is too old to say. */
  addresses: z.array(z.string().max(64)).max(50).optional(),
  /** Where it looks for its control plane; left out by an agent that is too old to say. */
  controlPlane: z.string().max(500).optional(),
  /** What its owner allows there; null where its agent is too old to say. */
  policy: Policy.nullable().default(null),
  /** Why the policy file cannot be used: then nothing is allowed. */
  policyProblem: z.string().max(1_000).nullable().default(null),
  /** What its agent can do that an older one would leave out without a word. */
  knows: z.array(z.string().max(63)).max(100).optional(),
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

/**
 * added: never connected. up: its agent's link is open, or was until a moment ago. away: it is not. lost: it has not been for five minutes.
 * A link that is open again within ten seconds, or within a minute of the control plane's own start, was never away.
 */
export const Presence = z.enum(["added", "up", "away", "lost"]);
export type Presence = z.output<typeof Presence>;

export const ServerView = z
  .object({
    id: z.string(),
    name: z.string(),
    presence: Presence,
    /** Since when it is so. */
    since: z.int(),
    /** Its agent's link is open at this moment: what needs the agent now can be asked for. */
    linked: z.boolean(),
    /** It lost its link more than five times within ten minutes, and has not held one for ten minutes since. */
    flapping: z.boolean(),
    addedAt: z.int(),
    facts: ServerFacts.nullable(),
    /** The newest, while it is up. */
    sample: ServerSample.nullable(),
    appCount: z.int(),
    /** Where it is known to be reached from outside: at addresses of its own; else at the one that its agent calls from, as AppOS sees it. */
    reachedAt: z.array(z.object({ address: z.string(), own: z.boolean() })),
  })
  .meta({ id: "Server" });
export type ServerView = z.output<typeof ServerView>;

/**
 * What a server's timeline tells. connected and lost: its agent's link. control-plane-restarted: the link ended with the control plane.
 * flapping: it lost its link time and again. copied: another agent with its key was turned away.
 */
export const TimelineEvent = z.enum([
  "enrolled",
  "connected",
  "lost",
  "control-plane-restarted",
  "agent-restarted",
  "host-restarted",
  "flapping",
  "copied",
]);
export type TimelineEvent = z.output<typeof TimelineEvent>;

/** One line of a server's timeline. */
export const TimelineView = z
  .object({
    id: z.string(),
    at: z.int(),
    what: TimelineEvent,
    /** In a sentence, as the control plane saw it; null where there is nothing to add. */
    why: z.string().nullable(),
    /** Why the agent says that its link had ended: of a loss; or of the last short one, while connected. */
    agentWhy: z.string().nullable(),
    /** From where the agent called. */
    address: z.string().nullable(),
    /** How long it stayed connected, lost or flapping; null while it does, and for what has no length. */
    lastedMs: z.int().nullable(),
    /** Losses, each over within seconds, while it was connected. */
    shortLosses: z.int(),
  })
  .meta({ id: "TimelineEntry" });
export type TimelineView = z.output<typeof TimelineView>;

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
