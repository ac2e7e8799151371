import { z } from "zod";
import { ServiceState } from "./service-state.ts";
import { DRIFT_FINDINGS, DriftFinding } from "./drift.ts";
import { ACTS_AT_ONCE, HostAct } from "./host-acts.ts";
import { AppId, HostActId, JobId, ServerId, TerminalId } from "./ids.ts";
import { Ending, Entry, JobError } from "./jobs.ts";
import { Login, LOGINS, RegistryHost } from "./registries.ts";
import { ServerFacts, ServerSample } from "./servers.ts";
import { SITES, SiteState } from "./sites.ts";
import { UptimeTold } from "./uptime.ts";
import { StreamOrder, StreamReport } from "./streams.ts";
import { TerminalExit } from "./terminals.ts";

/** The version spoken, and the oldest one still understood. */
export const PROTOCOL_VERSION = 1;
export const OLDEST_PROTOCOL_VERSION = 1;
export const SUBPROTOCOL = "appos.agent.v1";
export const AGENT_PATH = "/api/agent/v1/connect";
/** No frame is larger, in either direction. */
export const FRAME_BYTES = 256 * 1024;

/** A text frame that is no JSON, answered by `PONG` below the protocol, so that an idle link wakes nobody. */
export const PING = "ping";
export const PONG = "pong";
export const HEARTBEAT_MS = 25_000;
/** A peer that says nothing for three heartbeats is gone. */
export const SILENCE_MS = 3 * HEARTBEAT_MS;
export const HANDSHAKE_MS = 10_000;

/** Why a socket was closed, in its code. */
export const closeCodes = {
  malformed: 4000,
  unproven: 4001,
  revoked: 4003,
  stale: 4009,
  version: 4010,
  copied: 4011,
  moved: 4012,
} as const;

const seq = z.int().nonnegative();
const run = z
  .array(Entry)
  .min(1)
  .max(500)
  .refine((entries) => entries.every((entry, i) => entry.seq === entries[0]!.seq + i), "Entries follow on");
/** 32 random bytes, base64url. */
const Nonce = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
/** Ed25519, base64url. */
const Signature = z.string().regex(/^[A-Za-z0-9_-]{86}$/);

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue("Not JSON");
    return z.NEVER;
  }
});

interface Handshake {
  agentNonce: string;
  controlNonce: string;
  controlPlaneId: string;
  serverId: string;
}

/** What the control plane signs to show an agent who it is. */
export const challengeText = ({ agentNonce, controlNonce, controlPlaneId, serverId }: Handshake) =>
  [`${SUBPROTOCOL} challenge`, agentNonce, controlNonce, controlPlaneId, serverId].join("\n");
/** What an agent signs to show the control plane which server it is. */
export const proofText = ({ agentNonce, controlNonce, controlPlaneId, serverId }: Handshake) =>
  [`${SUBPROTOCOL} proof`, controlNonce, controlPlaneId, serverId, agentNonce].join("\n");

/** What the control plane signs to send an agent to another address of its own. */
export const movedText = (said: { agentNonce: string; nonce: string; controlPlaneId: string; serverId: string; url: string }) =>
  [`${SUBPROTOCOL} moved`, said.agentNonce, said.nonce, said.controlPlaneId, said.serverId, said.url].join("\n");

/** A job to take on. Its entries are numbered on from `after`, which the control plane holds already. */
export const Offer = z.object({
  jobId: JobId,
  /** The order in which jobs were asked for: in one lane, and one incarnation, an agent takes on no lower one than it has. */
  number: z.int().positive(),
  /** The e-mail of whoever asked; null for AppOS itself. */
  by: z.string().nullable(),
  kind: z.string().max(63),
  lane: z.string().max(127),
  input: z.unknown(),
  after: seq,
  timeLimitMs: z.int().positive(),
});
export type Offer = z.output<typeof Offer>;

/** How a job ended, and the number of its last entry. */
export const Finished = Ending.extend({ lastSeq: seq });
export type Finished = z.output<typeof Finished>;

/** The containers of one app, all of them. */
export const AppInventory = z.object({
  appId: AppId,
  services: z.array(ServiceState),
  /** Where what runs is not what the live release says. Left out by agents that do not look, and where it cannot be said. */
  drift: z.array(DriftFinding).max(DRIFT_FINDINGS).optional(),
});
export type AppInventory = z.output<typeof AppInventory>;

const streamId = z.int().min(0).max(0xffff_ffff);

/** What an agent says of itself once it is let in, and of the link it had before. It sends durations: its clock is not trusted. */
export const LinkReport = z.object({
  /** Another one each time the agent starts. */
  life: z.string().max(63),
  /** Another one each time its host starts; null where that cannot be known. */
  boot: z.string().max(63).nullable(),
  /** Null where this agent had no link since it started. `attempts`: those that failed since. */
  last: z.object({ why: z.string().max(300), sinceMs: z.int().nonnegative(), attempts: z.int().nonnegative() }).nullable(),
});
export type LinkReport = z.output<typeof LinkReport>;

/** The terminals that are open on a server, and how those ended that have since it last said so. Said after `welcome` and at each end. */
export const TerminalReport = z.object({
  open: z.array(TerminalId).max(1_000),
  ended: z.array(TerminalExit.extend({ session: TerminalId })).max(1_000),
});
export type TerminalReport = z.output<typeof TerminalReport>;

/** Which database of the control plane an agent has obeyed last, and over which link: by this an older copy of it is known. */
const Seen = z.object({ incarnation: z.string().max(63), epoch: z.int() });

/** What an agent may say on its socket. The first two come first and once; the rest counts only after `welcome`. */
export const AgentFrame = json.pipe(
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("hello"), protocol: z.int(), serverId: ServerId, nonce: Nonce, agentVersion: z.string().max(63) }),
    z.object({
      type: z.literal("proof"),
      signature: Signature,
      journal: z.string().max(63),
      jobs: z.array(JobId).max(5_000),
      seen: Seen.nullable().default(null),
      lanes: z.int().positive().default(3),
    }),
    z.object({ type: z.literal("accepted"), jobId: JobId }),
    /** A job that the control plane does not know, as it was offered: it was restored from an older copy. */
    z.object({ type: z.literal("described"), offer: Offer }),
    z.object({ type: z.literal("refused"), jobId: JobId, error: JobError }),
    z.object({ type: z.literal("output"), jobId: JobId, entries: run }),
    Finished.extend({ type: z.literal("finished"), jobId: JobId }),
    z.object({ type: z.literal("facts"), facts: ServerFacts }),
    z.object({ type: z.literal("sample"), sample: ServerSample }),
    LinkReport.extend({ type: z.literal("link-report") }),
    /** `whole`: apps that are not named have no containers. */
    z.object({ type: z.literal("inventory"), apps: z.array(AppInventory), whole: z.boolean() }),
    /** What was done on the server itself; told again until it is kept. */
    z.object({ type: z.literal("host-acts"), acts: z.array(HostAct).min(1).max(ACTS_AT_ONCE) }),
    z.object({ type: z.literal("stream-closed"), streamId, error: z.string().max(1_000).optional(), code: z.string().max(63).optional() }),
    /** What is said in a stream besides its bytes. */
    z.object({ type: z.literal("stream-control"), streamId, message: StreamReport }),
    /** So many bytes of a stream's input were taken: as many may follow. */
    z.object({ type: z.literal("credit"), streamId, bytes: z.int().positive() }),
    TerminalReport.extend({ type: z.literal("terminals") }),
    /** How the proxy serves these sites: said where that changes. `whole`: there are no others. */
    z.object({ type: z.literal("sites"), sites: z.array(SiteState).max(SITES), whole: z.boolean() }),
    /** How sites answered; told again until it is kept. */
    UptimeTold.extend({ type: z.literal("uptime") }),
    /** A job that runs is about to ask these registries: who is it to them? */
    z.object({ type: z.literal("logins-wanted"), jobId: JobId, hosts: z.array(RegistryHost).min(1).max(LOGINS) }),
  ]),
);
export type AgentFrame = z.output<typeof AgentFrame>;
export type Proof = Extract<AgentFrame, { type: "proof" }>;

/** What the control plane may say back. */
export const ControlFrame = json.pipe(
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("challenge"), nonce: Nonce, controlPlaneId: z.string().max(63), signature: Signature }),
    /** In place of the challenge: the control plane is at another address now. An agent goes there, and stays if that one proves itself. */
    z.object({ type: z.literal("moved"), url: z.string().max(2_000), nonce: Nonce, signature: Signature }),
    /** `samples`: whether it says how its server is doing always, or only while somebody looks. */
    z.object({
      type: z.literal("welcome"),
      epoch: z.int(),
      incarnation: z.string().max(63),
      samples: z.enum(["always", "asked"]).optional(),
      /** Whether it can be asked for logins. */
      logins: z.boolean().optional(),
      /** Whether it wants to know how sites answered. */
      uptime: z.boolean().optional(),
    }),
    /** Somebody looks at this server: for so long, how it is doing is news. */
    z.object({ type: z.literal("watch"), forMs: z.int().positive().max(3_600_000) }),
    Offer.extend({ type: z.literal("offer") }),
    z.object({ type: z.literal("ack"), jobId: JobId, seq }),
    z.object({ type: z.literal("resend"), jobId: JobId, after: seq }),
    z.object({ type: z.literal("cancel"), jobId: JobId }),
    z.object({ type: z.literal("forget"), jobId: JobId }),
    z.object({ type: z.literal("describe"), jobId: JobId }),
    /** These acts are written down here: they need not be told again. */
    z.object({ type: z.literal("host-acts-kept"), ids: z.array(HostActId) }),
    /** This is written down here: once its hour is over it need not be told again. */
    z.object({ type: z.literal("uptime-kept"), id: z.int() }),
    /** Those there are, to be kept in memory and for this job only. They come when they were asked for. */
    z.object({ type: z.literal("logins"), jobId: JobId, logins: z.array(Login).max(LOGINS) }),
    /** Whoever opened this terminal may have none any more: it ends, whether or not somebody looks at it. */
    z.object({ type: z.literal("end-terminal"), session: TerminalId, why: z.string().max(300) }),
    z.object({ type: z.literal("open-stream"), streamId, kind: z.string().max(63), input: z.unknown() }),
    z.object({ type: z.literal("credit"), streamId, bytes: z.int().positive() }),
    z.object({ type: z.literal("close-stream"), streamId }),
    z.object({ type: z.literal("stream-control"), streamId, message: StreamOrder }),
  ]),
);
export type ControlFrame = z.output<typeof ControlFrame>;
