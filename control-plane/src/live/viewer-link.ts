import { INPUT_BYTES, terminalCloseCodes, type TerminalFrame, ViewerFrame } from "@appos/shared/terminals";
import { STREAM_WINDOW, type StreamInput } from "@appos/shared/streams";
import type { OpenStream, StreamEars } from "./streams.ts";

/** A browser's socket. */
export interface ViewerSocket {
  send(text: string): void;
  sendBytes(bytes: Uint8Array): void;
  close(code: number, reason: string): void;
}

type Input = StreamInput<"terminal">;
export type ViewerLink = ReturnType<typeof viewerLink>;
/** What becomes of a terminal that is new. */
export interface Beginning {
  ready(): Promise<void>;
  refused(why: string): Promise<void>;
}
/** A browser's window is resized in many steps: no more than one is passed on in so long. */
const RESIZE_MS = 50;
/** Input that was taken is told in pieces worth a frame. */
const TAKEN_BYTES = 64 * 1024;

/** What passes between a browser and a terminal: bytes both ways as they come, never more than the other end has room for. */
export function viewerLink(
  input: Input,
  socket: ViewerSocket,
  connect: (ears: StreamEars) => OpenStream | undefined,
  beginning: Beginning,
) {
  const tell = (frame: TerminalFrame) => socket.send(JSON.stringify(frame));
  let over = false;
  let ready = false;
  /** Sent to the browser and not read by it; what has no room there yet; and the end, which comes after it. */
  let unread = 0;
  let held: Uint8Array[] = [];
  let exit: TerminalFrame | undefined;
  /** Typed, and not passed on yet. */
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let taken = 0;
  let size: Extract<ViewerFrame, { type: "resize" }> | undefined;
  let resizing: ReturnType<typeof setTimeout> | undefined;
  let ending = false;

  function finish(code: number, reason: string) {
    if (over) return;
    over = true;
    clearTimeout(resizing);
    stream?.close();
    socket.close(code, reason);
  }
  function refuse(code: number, error: { code: string; message: string }) {
    if (over) return;
    tell({ type: "error", ...error });
    finish(code, error.code);
  }
  function away() {
    if (over) return;
    tell({ type: "away" });
    finish(terminalCloseCodes.away, "The server is away");
  }

  /** Sends as much as the browser has room for. The server may go on meanwhile, up to a window of its own. */
  function show() {
    let sent = 0;
    while (held.length > 0 && unread < STREAM_WINDOW) {
      const first = held[0]!.subarray(0, STREAM_WINDOW - unread);
      if (first.length === held[0]!.length) held.shift();
      else held[0] = held[0]!.subarray(first.length);
      unread += first.length;
      sent += first.length;
      socket.sendBytes(first);
    }
    stream?.read(sent);
    if (held.length > 0 || !exit) return;
    tell(exit);
    finish(1000, "The terminal has ended");
  }

  /** Passes on what was typed as far as there is room; it counts once the terminal is there. */
  function pass() {
    while (ready && stream && waiting.length > 0) {
      const [first] = waiting;
      const sent = stream.write(first!);
      if (sent === first!.length) waiting.shift();
      else waiting[0] = first!.subarray(sent);
      waitingBytes -= sent;
      taken += sent;
      if (sent === 0) break;
    }
    if (taken < TAKEN_BYTES) return;
    tell({ type: "taken", bytes: taken });
    taken = 0;
  }

  /** The first size at once, then the last of each while. */
  function resize() {
    resizing = undefined;
    if (!size) return;
    stream?.say(size);
    size = undefined;
    resizing = setTimeout(resize, RESIZE_MS);
  }
  function end(why: string) {
    if (ending) return;
    ending = true;
    stream?.say({ type: "end", why });
  }

  const ears: StreamEars = {
    bytes(bytes) {
      if (over) return;
      held.push(bytes);
      show();
    },
    report(report) {
      if (over) return;
      if (report.type === "exit") {
        exit = report;
        return show();
      }
      ready = true;
      // What cannot be noted now, its server says again.
      if (!input.resume) beginning.ready().catch(() => {});
      tell({ ...report, session: input.session });
      pass();
    },
    room: pass,
    ended(error) {
      if (exit) return;
      const code = error?.code ?? "UNAVAILABLE";
      const message = error?.message ?? "The terminal was closed.";
      if (code === "ELSEWHERE") return refuse(terminalCloseCodes.elsewhere, { code, message });
      if (code === "TERMINAL_ENDED") return refuse(terminalCloseCodes.ended, { code, message });
      if (!ready && !input.resume) beginning.refused(message).catch(() => {});
      refuse(terminalCloseCodes.refused, { code, message });
    },
    away,
  };
  const stream = connect(ears);
  if (!stream) away();

  return {
    receive(text: string) {
      const { data: frame } = ViewerFrame.safeParse(parsed(text));
      if (over) return;
      if (!frame || (frame.type === "read" && frame.bytes > unread)) return finish(terminalCloseCodes.malformed, "This frame is malformed");
      if (frame.type === "resize") {
        size = frame;
        return resizing === undefined ? resize() : undefined;
      }
      if (frame.type === "end") return end(`Ended by ${input.by}.`);
      if (frame.type === "at") return;
      unread -= frame.bytes;
      return show();
    },
    receiveBytes(bytes: Uint8Array) {
      if (over) return;
      if (waitingBytes + bytes.length > INPUT_BYTES) return finish(terminalCloseCodes.malformed, "More was typed than the program reads");
      // What is passed on later must not change meanwhile.
      waiting.push(bytes);
      waitingBytes += bytes.length;
      pass();
    },
    /** Whoever opened it may look on no longer; one who may never come back leaves nothing behind. */
    expel(forGood: boolean) {
      if (over) return;
      if (forGood) end(`${input.by} may not do this any more.`);
      refuse(terminalCloseCodes.signedOut, { code: "SIGNED_OUT", message: "You are signed out, or may not do this any more." });
    },
    /** The browser has gone; the terminal stays. */
    leave() {
      over = true;
      clearTimeout(resizing);
      stream?.close();
    },
  };
}

/** Undefined for what is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
