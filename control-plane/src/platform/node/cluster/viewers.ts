import { type TerminalFrame, terminalCloseCodes } from "@appos/shared/terminals";
import type { Admission } from "../../../features/terminals/service.ts";
import type { View } from "../../../live/room.ts";
import type { ViewerLink, ViewerSocket } from "../../../live/viewer-link.ts";
import { type Bridge, type Bridges, OVERFLOW } from "./bridges.ts";
import { Closed, Expelled } from "./messages.ts";

/** Who may look on no longer is out within this time, also where the other process says nothing. */
const EXPEL_MS = 1_000;

/** A browser that came to this process, at a terminal of a server whose link another one holds. `ask`: the way there; undefined where there is none. */
export function bridgedViewer(
  bridges: Bridges,
  serverId: string,
  socket: ViewerSocket,
  ask: (bridge: string) => Promise<string | undefined>,
): ViewerLink {
  let gone = false;
  const close = (code: number, reason: string) => {
    if (!gone) socket.close(code, reason);
    gone = true;
  };
  function away() {
    if (!gone) socket.send(JSON.stringify({ type: "away" } satisfies TerminalFrame));
    close(terminalCloseCodes.away, "The server is away");
  }
  const bridge = bridges.bridge(
    {
      text: (text) => gone || socket.send(text),
      bytes: (bytes) => gone || socket.sendBytes(bytes),
      ended(last) {
        const { data } = Closed.safeParse(last);
        if (last === OVERFLOW) close(terminalCloseCodes.malformed, "More was typed than the program reads");
        else if (data) close(data.code, data.reason);
        else away();
      },
    },
    { serverId },
  );
  ask(bridge.id).then(
    (peer) => (peer === undefined ? bridge.fail() : bridge.met(peer)),
    () => bridge.fail(),
  );
  return {
    receive: (text) => bridge.text(text),
    receiveBytes: (bytes) => bridge.bytes(bytes),
    expel(forGood) {
      bridge.note({ forGood });
      setTimeout(() => close(terminalCloseCodes.signedOut, "SIGNED_OUT"), EXPEL_MS).unref();
    },
    leave() {
      gone = true;
      bridge.close({ code: 1000, reason: "The browser has gone" });
    },
  };
}

/** The same browser, at the process that holds the link. */
export function viewerFromAfar(
  bridges: Bridges,
  { id, peer, admission, view }: { id: string; peer: string; admission: Admission; view: View },
  watch: (admission: Admission, view: View, socket: ViewerSocket) => ViewerLink,
) {
  let link: ViewerLink | undefined;
  const bridge: Bridge = bridges.bridge(
    {
      text: (text) => link?.receive(text),
      bytes: (bytes) => link?.receiveBytes(bytes),
      note(note) {
        const { data } = Expelled.safeParse(note);
        if (data) link?.expel(data.forGood);
      },
      ended: () => link?.leave(),
    },
    { id, peer },
  );
  link = watch(admission, view, { send: bridge.text, sendBytes: bridge.bytes, close: (code, reason) => bridge.close({ code, reason }) });
}
