import { INPUT_BYTES, terminalCloseCodes, type TerminalFrame, ViewerFrame } from "@appos/shared/terminals";
import { parsed, type ViewerLink, type ViewerSocket } from "./viewer-link.ts";

type At = Extract<ViewerFrame, { type: "at" }>;

/**
 * A browser whose socket outlived what was known of it here. It is asked where it is, and goes on from there; what it types
 * meanwhile waits.
 */
export function returningViewer(socket: ViewerSocket, begin: (at: At) => ViewerLink): ViewerLink {
  let link: ViewerLink | undefined;
  let waiting: (string | Uint8Array)[] = [];
  let waitingBytes = 0;
  let over = false;
  const close = (code: number, reason: string) => {
    over = true;
    socket.close(code, reason);
  };

  socket.send(JSON.stringify({ type: "where" } satisfies TerminalFrame));
  return {
    receive(text) {
      if (link || over) return link?.receive(text);
      const { data: frame } = ViewerFrame.safeParse(parsed(text));
      if (!frame) return close(terminalCloseCodes.malformed, "This frame is malformed");
      // What it had read before it was asked counts no more.
      if (frame.type === "end") waiting.push(text);
      if (frame.type !== "at") return;
      link = begin(frame);
      for (const said of waiting)
        if (typeof said === "string") link.receive(said);
        else link.receiveBytes(said);
      waiting = [];
    },
    receiveBytes(bytes) {
      if (link || over) return link?.receiveBytes(bytes);
      waitingBytes += bytes.length;
      if (waitingBytes > INPUT_BYTES) return close(terminalCloseCodes.malformed, "More was typed than the program reads");
      waiting.push(bytes);
    },
    expel(forGood) {
      // One that is to end its terminal has to be at it first.
      link ??= over ? undefined : begin({ type: "at", after: 0, cols: 80, rows: 24 });
      link?.expel(forGood);
    },
    leave() {
      over = true;
      link?.leave();
    },
  };
}
