import { z } from "zod";
import { AppId, Name, TerminalId } from "./ids.ts";

/** Of the socket between a browser and a terminal. */
export const TERMINAL_SUBPROTOCOL = "appos.terminal.v1";
/** A ticket for that socket is good for one use within this time. */
export const TICKET_MS = 30_000;
/** What an agent keeps of a terminal's output for whoever comes back. */
export const REPLAY_BYTES = 1024 * 1024;
/** Input that a browser may have sent before it hears that some of it was taken. */
export const INPUT_BYTES = 1024 * 1024;

/** Why a terminal's socket was closed by the control plane; 1000 is its program's end. */
export const terminalCloseCodes = {
  malformed: 4000,
  /** The server's link is lost: a new ticket for the same session leads back to it. */
  away: 4100,
  /** The same terminal was opened somewhere else, which has it now. */
  elsewhere: 4101,
  /** There is no such terminal any more. */
  ended: 4102,
  /** It cannot be opened: the message before says why. */
  refused: 4103,
  /** Whoever opened it is signed out, or may do this no longer. */
  signedOut: 4104,
} as const;

export const Columns = z.int().min(1).max(500);
export const Rows = z.int().min(1).max(500);

/** Where a terminal is: on the server itself, or in a container of an app's service. */
export const TerminalTarget = z.discriminatedUnion("type", [
  z.object({ type: z.literal("host") }),
  z.object({ type: z.literal("exec"), appId: AppId, name: Name, service: z.string().min(1).max(255) }),
]);
export type TerminalTarget = z.output<typeof TerminalTarget>;

export const OpenHostTerminal = z.strictObject({ session: TerminalId.optional() });
export const OpenExecTerminal = z.strictObject({ service: z.string().min(1).max(255), session: TerminalId.optional() });

/** What lets one socket in, once. */
export const TerminalTicket = z.object({ ticket: z.string(), session: z.string(), expiresAt: z.int() });
export type TerminalTicket = z.output<typeof TerminalTicket>;

/** What stands in the address of a terminal's socket. */
export const TerminalQuery = z.object({
  ticket: z.string().min(1).max(200),
  /** Bytes of output that the browser has. */
  after: z.coerce.number().int().nonnegative().default(0),
  cols: z.coerce.number().pipe(Columns).default(80),
  rows: z.coerce.number().pipe(Rows).default(24),
});

/** What a browser may say besides input, which is binary. */
export const ViewerFrame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("resize"), cols: Columns, rows: Rows }),
  z.object({ type: z.literal("read"), bytes: z.int().positive() }),
  z.object({ type: z.literal("end") }),
  /** The answer to `where`: bytes of output that it has, and its size. */
  z.object({ type: z.literal("at"), after: z.int().nonnegative(), cols: Columns, rows: Rows }),
]);
export type ViewerFrame = z.output<typeof ViewerFrame>;

export const TerminalExit = z.object({ code: z.int().nullable(), signal: z.string().max(31).nullable(), why: z.string().max(500) });
export type TerminalExit = z.output<typeof TerminalExit>;

/** What a browser is told besides output, which is binary. */
export const TerminalFrame = z.discriminatedUnion("type", [
  /** The output that follows begins at `offset`; `lost` bytes before it are kept no more. What lies before `end` was said before, and its questions answered. */
  z.object({ type: z.literal("ready"), session: z.string(), offset: z.int(), lost: z.int(), end: z.int().optional() }),
  /** So many more bytes of input have been passed on. */
  z.object({ type: z.literal("taken"), bytes: z.int() }),
  TerminalExit.extend({ type: z.literal("exit") }),
  z.object({ type: z.literal("error"), code: z.string(), message: z.string() }),
  z.object({ type: z.literal("away") }),
  /** What was known of it here is gone, and its socket is not: it says `at`, and `ready` follows. What it sent before has been passed on. */
  z.object({ type: z.literal("where") }),
]);
export type TerminalFrame = z.output<typeof TerminalFrame>;

/** One opening of a terminal: who, from where, when, how long. */
export const TerminalView = z
  .object({
    id: z.string(),
    serverId: z.string(),
    /** Null for a terminal on the server itself. */
    appId: z.string().nullable(),
    appName: z.string().nullable(),
    service: z.string().nullable(),
    by: z.string(),
    address: z.string(),
    openedAt: z.int(),
    /** Null while it is open. */
    endedAt: z.int().nullable(),
    why: z.string().nullable(),
  })
  .meta({ id: "Terminal" });
export type TerminalView = z.output<typeof TerminalView>;
