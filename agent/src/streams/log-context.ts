import type { StreamContext } from "./stream.ts";

/** What reading logs needs of a stream: the host's own command line has no more. */
export type LogContext = Pick<StreamContext, "machine" | "signal" | "write">;
