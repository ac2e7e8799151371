import type { TerminalFrame, TerminalTicket } from "@appos/shared/terminals";
import { WebSocket } from "ws";
import type { Api } from "./api.ts";
import { atEnd } from "./ends.ts";
import { until } from "./until.ts";

/** Enough of the end to look into. */
const KEPT_BYTES = 4_000_000;

/** Who has heard the farewell waits no longer for the end of the connection; not in the types of ws. */
const soon = { closeTimeout: 500 };

interface Options {
  /** Of the API: `servers/…` or `apps/…`. */
  path?: string;
  service?: string;
  session?: string;
  after?: number;
  cols?: number;
  rows?: number;
  /** Take what comes, as a browser does that keeps up. */
  reads?: boolean;
}

/** A socket that was not let in. */
export class NotLetIn extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`The upgrade was answered with ${status}`);
    this.status = status;
  }
}

/** A terminal as the console opens it: a ticket first, then a socket by it. */
export async function openTerminal(api: Api, options: Options = {}) {
  const { path = "servers/local", service, session } = options;
  const asked = await api.post<TerminalTicket>(`${path}/terminal`, { ...(service && { service }), ...(session && { session }) });
  return terminalBy(api.url, asked, options);
}

/** The socket alone. */
export async function terminalBy(
  url: string,
  { ticket, session }: Pick<TerminalTicket, "ticket" | "session">,
  { path = "servers/local", after = 0, cols = 80, rows = 24, reads = true }: Options = {},
  { origin = url as string | undefined, protocol = "appos.terminal.v1" } = {},
) {
  const address = `${url.replace(/^http/, "ws")}/api/v1/${path}/terminal?ticket=${ticket}&after=${after}&cols=${cols}&rows=${rows}`;
  const socket = new WebSocket(address, [protocol], { perMessageDeflate: false, ...soon, ...(origin !== undefined && { origin }) });
  atEnd(() => socket.terminate());
  const frames: TerminalFrame[] = [];
  const output = newest(KEPT_BYTES);
  let bytes = 0;
  let unread = 0;
  let reading = reads;
  const say = (frame: object) => socket.send(JSON.stringify(frame));
  const read = () => {
    if (unread > 0) say({ type: "read", bytes: unread });
    unread = 0;
  };
  const closed = new Promise<{ code: number; reason: string }>((done) =>
    socket.on("close", (code, reason) => done({ code, reason: String(reason) })),
  );
  socket.on("message", (data: Buffer, isBinary) => {
    if (!isBinary) {
      const frame = JSON.parse(String(data)) as TerminalFrame;
      if (frame.type !== "where") return frames.push(frame);
      unread = 0;
      return say({ type: "at", after: after + bytes, cols, rows });
    }
    bytes += data.length;
    unread += data.length;
    output.add(data);
    if (reading && unread > 32 * 1024) read();
    return undefined;
  });
  await new Promise<void>((opened, failed) => {
    socket.on("open", opened);
    socket.on("error", failed);
    socket.on("unexpected-response", (_, response) => failed(new NotLetIn(response.statusCode ?? 0)));
  });

  return {
    session,
    frames,
    closed,
    say,
    text: output.text,
    bytes: () => bytes,
    /** The first frame of a kind, once it has come. */
    frame: <T extends TerminalFrame["type"]>(type: T) =>
      until(`the terminal says ${type}`, () => frames.find((frame): frame is Extract<TerminalFrame, { type: T }> => frame.type === type)),
    types: (input: string | Buffer) => socket.send(Buffer.from(input)),
    shows: (pattern: RegExp, within = 10_000) =>
      until(`the terminal shows ${pattern}`, () => pattern.exec(output.text()), within).catch((error: Error) => {
        throw new Error(`${error.message}\n--- it shows:\n${output.text().slice(-1_000)}\n${JSON.stringify(frames)}`, { cause: error });
      }),
    stopReading: () => void (reading = false),
    readOn() {
      reading = true;
      read();
    },
    /** Pulls the plug. */
    cut: () => socket.terminate(),
  };
}

/** The end of what was said, as a text of bytes. */
function newest(limit: number) {
  let chunks: Buffer[] = [];
  let held = 0;
  return {
    add(chunk: Buffer) {
      chunks.push(chunk);
      held += chunk.length;
      while (held - chunks[0]!.length > limit) held -= chunks.shift()!.length;
    },
    text() {
      chunks = [Buffer.concat(chunks)];
      return chunks[0]!.toString("latin1");
    },
  };
}
