import type { Offer } from "@appos/shared/agent-link";
import type { ErrorCode } from "@appos/shared/errors";
import type { ServerSample } from "@appos/shared/servers";
import type { StreamInput, StreamKind } from "@appos/shared/streams";
import type { Signal } from "../../ports.ts";

/** A stream of a server's agent, or why there is none: errors lose their code between objects. */
export type Opened = { stream: ReadableStream<Uint8Array>; refused?: never } | { refused: { code: ErrorCode; message: string } };

/** What is asked of a server's room from outside. */
export interface RoomObject extends Rpc.DurableObjectBranded {
  wake(): Promise<void>;
  offer(offer: Offer, link: number): Promise<void>;
  revoke(upTo?: number): Promise<void>;
  sample(): Promise<ServerSample | undefined>;
  link(): number | undefined;
  endTerminals(sessions: string[], why: string): void;
  open<K extends StreamKind>(kind: K, input: StreamInput<K>): Opened;
  fetch(request: Request): Promise<Response>;
}

/** What is said to whoever listens: a signal and its id, or that all must be fetched again. */
export interface Heard {
  said: Signal | "reset";
  id: string;
}

export interface EventObject extends Rpc.DurableObjectBranded {
  publish(signal: Signal): void;
  fetch(request: Request): Promise<Response>;
}
