import type { StreamInput, StreamKind } from "@appos/shared/streams";
import type { Machine } from "../machine/machine.ts";

/** What every stream handler is given besides its input. */
export interface StreamContext {
  machine: Machine;
  /** Aborted when the reader has gone. */
  signal: AbortSignal;
  /** Resolves once the reader has room for more: a slow reader slows the writer. */
  write(bytes: Uint8Array): Promise<void>;
}

/** The one shape of every stream: resolves at its end, throws to end with an error. */
export type StreamHandler<K extends StreamKind> = (input: StreamInput<K>, context: StreamContext) => Promise<void>;
export type StreamHandlers = { [K in StreamKind]: StreamHandler<K> };
