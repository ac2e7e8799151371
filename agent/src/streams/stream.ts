import type { StreamInput, StreamKind, StreamOrder, StreamReport } from "@appos/shared/streams";
import type { Machine } from "../machine/machine.ts";

/** What every stream handler is given besides its input. */
export interface StreamContext {
  machine: Machine;
  /** Those of this server, which outlive whoever looks at them. */
  terminals: {
    find(
      input: StreamInput<"terminal">,
      viewer: AbortSignal,
    ): Promise<{ attend(input: StreamInput<"terminal">, context: StreamContext): Promise<void> }>;
  };
  /** Aborted when the reader has gone. */
  signal: AbortSignal;
  /** Resolves once the reader has room for more: a slow reader slows the writer. */
  write(bytes: Uint8Array): Promise<void>;
  /** Says something that is none of the stream's bytes. */
  say(report: StreamReport): void;
  /** Hears what comes the other way. */
  listen(ears: StreamEars): void;
  /** So many bytes of input are dealt with: as many may follow. */
  taken(bytes: number): void;
}

export interface StreamEars {
  bytes(bytes: Uint8Array): void;
  order(order: StreamOrder): void;
}

/** A stream cannot be, or not go on: the code is for the program at the other end, the message for people. */
export class StreamRefused extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The one shape of every stream: resolves at its end, throws to end with an error. */
export type StreamHandler<K extends StreamKind> = (input: StreamInput<K>, context: StreamContext) => Promise<void>;
export type StreamHandlers = { [K in StreamKind]: StreamHandler<K> };
