import { z } from "zod";
import { ServiceState } from "./apps.ts";
import { AppId, JobId, ServerId } from "./ids.ts";
import { Ending, Entry, JobError } from "./jobs.ts";
import { ServerFacts, ServerSample } from "./servers.ts";

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
export const closeCodes = { malformed: 4000, unproven: 4001, revoked: 4003, stale: 4009, version: 4010 } as const;

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

/** A job to take on. Its entries are numbered on from `after`, which the control plane holds already. */
export const Offer = z.object({
  jobId: JobId,
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
export const AppInventory = z.object({ appId: AppId, services: z.array(ServiceState) });
export type AppInventory = z.output<typeof AppInventory>;

const streamId = z.int().min(0).max(0xffff_ffff);

/** What an agent may say on its socket. The first two come first and once; the rest counts only after `welcome`. */
export const AgentFrame = json.pipe(
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("hello"), protocol: z.int(), serverId: ServerId, nonce: Nonce, agentVersion: z.string().max(63) }),
    z.object({ type: z.literal("proof"), signature: Signature, journal: z.string().max(63), jobs: z.array(JobId).max(5_000) }),
    z.object({ type: z.literal("accepted"), jobId: JobId }),
    z.object({ type: z.literal("refused"), jobId: JobId, error: JobError }),
    z.object({ type: z.literal("output"), jobId: JobId, entries: run }),
    Finished.extend({ type: z.literal("finished"), jobId: JobId }),
    z.object({ type: z.literal("facts"), facts: ServerFacts }),
    z.object({ type: z.literal("sample"), sample: ServerSample }),
    /** `whole`: apps that are not named have no containers. */
    z.object({ type: z.literal("inventory"), apps: z.array(AppInventory), whole: z.boolean() }),
    z.object({ type: z.literal("stream-closed"), streamId, error: z.string().max(1_000).optional() }),
  ]),
);
export type AgentFrame = z.output<typeof AgentFrame>;

/** What the control plane may say back. */
export const ControlFrame = json.pipe(
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("challenge"), nonce: Nonce, controlPlaneId: z.string().max(63), signature: Signature }),
    z.object({ type: z.literal("welcome"), epoch: z.int(), incarnation: z.string().max(63) }),
    Offer.extend({ type: z.literal("offer") }),
    z.object({ type: z.literal("ack"), jobId: JobId, seq }),
    z.object({ type: z.literal("resend"), jobId: JobId, after: seq }),
    z.object({ type: z.literal("cancel"), jobId: JobId }),
    z.object({ type: z.literal("forget"), jobId: JobId }),
    z.object({ type: z.literal("open-stream"), streamId, kind: z.string().max(63), input: z.unknown() }),
    z.object({ type: z.literal("credit"), streamId, bytes: z.int().positive() }),
    z.object({ type: z.literal("close-stream"), streamId }),
  ]),
);
export type ControlFrame = z.output<typeof ControlFrame>;
