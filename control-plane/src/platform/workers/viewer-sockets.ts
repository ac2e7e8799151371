import { INPUT_BYTES } from "@appos/shared/terminals";
import type { Admission } from "../../features/terminals/service.ts";
import type { View } from "../../live/room.ts";
import { RECHECK_MS, rechecker } from "../../live/viewer-door.ts";
import type { ViewerLink, ViewerSocket } from "../../live/viewer-link.ts";

const TAG = "viewer";
const TOO_LARGE = 1009;

/** What a room does with a browser at a terminal. */
interface Door {
  watch(admission: Admission, view: View, socket: ViewerSocket): ViewerLink;
  rewatch(admission: Admission, socket: ViewerSocket): ViewerLink;
  standing(admission: Admission): Promise<"in" | "out" | "gone">;
}

/** The browsers' sockets of one object. What is known of a terminal besides who was let in to it is asked for again after a sleep. */
export function viewerSockets(ctx: DurableObjectState, door: () => Door, failed: (error: unknown) => void) {
  const links = new Map<WebSocket, { link: ViewerLink; recheck: () => Promise<void> }>();

  function attend(ws: WebSocket, admission: Admission, begin: (socket: ViewerSocket) => ViewerLink) {
    const link = begin({
      send(text) {
        if (ws.readyState !== WebSocket.OPEN) return;
        // From now on it is one to come back to, and never opened anew.
        if (text.startsWith('{"type":"ready"')) ws.serializeAttachment({ ...admission, resume: true });
        ws.send(text);
      },
      sendBytes: (bytes) => ws.readyState === WebSocket.OPEN && ws.send(bytes),
      close(code, reason) {
        links.delete(ws);
        if (ws.readyState === WebSocket.OPEN) ws.close(code, reason);
      },
    });
    if (ws.readyState === WebSocket.OPEN) links.set(ws, { link, recheck: rechecker(() => door().standing(admission), link.expel, failed) });
    return link;
  }

  return {
    is: (ws: WebSocket) => ctx.getTags(ws).includes(TAG),

    accept(admission: Admission, view: View, protocol: string): Response {
      const { 0: theirs, 1: ours } = new WebSocketPair();
      ctx.acceptWebSocket(ours, [TAG]);
      ours.serializeAttachment(admission);
      attend(ours, admission, (socket) => door().watch(admission, view, socket));
      return new Response(null, { status: 101, webSocket: theirs, headers: { "sec-websocket-protocol": protocol } });
    },
    /** Those that came before this object was woken. */
    restore() {
      for (const ws of ctx.getWebSockets(TAG)) {
        const admission = ws.deserializeAttachment() as Admission;
        if (ws.readyState === WebSocket.OPEN && !links.has(ws)) attend(ws, admission, (socket) => door().rewatch(admission, socket));
      }
    },

    message(ws: WebSocket, data: string | ArrayBuffer) {
      const { link } = links.get(ws) ?? {};
      const size = typeof data === "string" ? data.length : data.byteLength;
      if (size > INPUT_BYTES) return ws.close(TOO_LARGE, "This frame is too large");
      if (typeof data === "string") link?.receive(data);
      else link?.receiveBytes(new Uint8Array(data));
    },
    closed(ws: WebSocket) {
      links.get(ws)?.link.leave();
      links.delete(ws);
    },

    /** Puts out whoever may look on no longer. */
    sweep: () => Promise.all([...links.values()].map(({ recheck }) => recheck())),
    nextSweep: (now: number) => (links.size > 0 ? now + RECHECK_MS : undefined),
  };
}
