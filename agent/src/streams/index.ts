import { ask } from "./ask.ts";
import { logs } from "./logs.ts";
import type { StreamHandlers } from "./stream.ts";
import { terminal } from "./terminal.ts";

/** Every kind of stream an agent can open. A kind without a handler does not compile. */
export const handlers: StreamHandlers = { ask, logs, terminal };
