import { Offer } from "@appos/shared/agent-link";
import { StreamKind } from "@appos/shared/streams";
import { Columns, Rows, TerminalTarget } from "@appos/shared/terminals";
import { z } from "zod";

const Admission = z.object({
  terminalId: z.string(),
  serverId: z.string(),
  target: TerminalTarget,
  userId: z.string(),
  by: z.string(),
  credential: z.string(),
  resume: z.boolean(),
  epoch: z.int().optional(),
});
const View = z.object({ after: z.int().nonnegative(), cols: Columns, rows: Rows });
const BridgeId = z.string().regex(/^[0-9a-f]{32}$/);

/** What is asked of whichever process holds a server's link. */
export const RoomAsk = z.discriminatedUnion("type", [
  z.object({ type: z.literal("link") }),
  z.object({ type: z.literal("sample") }),
  z.object({ type: z.literal("alive") }),
  z.object({ type: z.literal("wake") }),
  z.object({ type: z.literal("offer"), offer: Offer, link: z.int() }),
  z.object({ type: z.literal("revoke"), upTo: z.int().optional() }),
  z.object({ type: z.literal("end-terminals"), sessions: z.array(z.string()), why: z.string() }),
  z.object({ type: z.literal("watch"), bridge: BridgeId, admission: Admission, view: View }),
  z.object({ type: z.literal("open"), bridge: BridgeId, kind: StreamKind, input: z.unknown() }),
]);
export type RoomAsk = z.output<typeof RoomAsk>;

/** What it answers: a value, or the error that its own caller would have seen. */
export const RoomAnswer = z.union([
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
  z.object({ value: z.unknown() }),
]);

/** What every process is told. */
export const Told = z.discriminatedUnion("type", [
  /** A server's link is at the process that says so: any other is stale. */
  z.object({ type: z.literal("joined"), serverId: z.string(), epoch: z.int() }),
  /** It was removed, or given another key: no socket of its may stay, also none that has proved nothing yet. */
  z.object({ type: z.literal("revoked"), serverId: z.string(), upTo: z.int().optional() }),
]);
export type Told = z.output<typeof Told>;

/** The end of a viewer's socket. */
export const Closed = z.object({ code: z.int(), reason: z.string() });
/** The process that a viewer came to lets it look on no longer. */
export const Expelled = z.object({ forGood: z.boolean() });
/** So many bytes of a stream were read. */
export const WasRead = z.object({ read: z.int().nonnegative() });
/** The end of a stream: with an error, perhaps. */
export const StreamEnd = z.object({ error: z.string().optional() });

/** Undefined for what another version says. */
export function parsed<S extends z.ZodType>(schema: S, bytes: Uint8Array): z.output<S> | undefined {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(bytes).toString())).data;
  } catch {
    return undefined;
  }
}
export const written = (message: object) => Buffer.from(JSON.stringify(message));
