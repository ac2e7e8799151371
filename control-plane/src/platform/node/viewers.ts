import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { INPUT_BYTES, TERMINAL_SUBPROTOCOL, terminalCloseCodes, type TerminalFrame } from "@appos/shared/terminals";
import { type WebSocket, WebSocketServer } from "ws";
import { type AppError, errorText } from "../../errors.ts";
import type { Admission } from "../../features/terminals/service.ts";
import type { View } from "../../live/room.ts";
import type { Rooms } from "../../live/rooms.ts";
import { isForViewers, RECHECK_MS, rechecker, viewerEntry } from "../../live/viewer-door.ts";
import type { Log } from "../../ports.ts";
import type { Services } from "../../services.ts";
import type { VisitorOf } from "./console-door.ts";

const statuses = { 400: "400 Bad Request", 401: "401 Unauthorized", 403: "403 Forbidden" };
/** Who answers no ping until the next one is gone. */
const PING_MS = 25_000;
const FAREWELL_MS = 1_000;

export type Viewers = ReturnType<typeof acceptViewers>;

/** Lets browsers in to terminals: by a ticket, from our own pages, with the right subprotocol. */
export function acceptViewers(services: Services, rooms: Rooms, { log, visitorOf }: { log: Log; visitorOf: VisitorOf }) {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: INPUT_BYTES,
    perMessageDeflate: false,
    handleProtocols: () => TERMINAL_SUBPROTOCOL,
  });

  async function upgrade(request: IncomingMessage, stream: Duplex, head: Buffer, asked: URL) {
    const { origin, host = "", "sec-websocket-protocol": protocols = "" } = request.headers;
    const url = URL.parse(`${asked.pathname}${asked.search}`, `${visitorOf(request).secure ? "https" : "http"}://${host}`);
    if (!url) return refuse(stream, "400 Bad Request");
    const entry = await viewerEntry(services, { url, origin, protocols });
    if ("status" in entry) return refuse(stream, statuses[entry.status]);
    sockets.handleUpgrade(request, stream, head, (ws) =>
      "why" in entry ? tellWhy(ws, entry.why) : attend(ws, entry.admission, entry.view),
    );
  }

  /** A browser hears why only on a socket that is open. */
  function tellWhy(ws: WebSocket, { code, message }: AppError) {
    ws.on("error", () => ws.terminate());
    ws.send(JSON.stringify({ type: "error", code, message } satisfies TerminalFrame));
    ws.close(terminalCloseCodes.refused, code);
    setTimeout(() => ws.terminate(), FAREWELL_MS).unref();
  }

  function attend(ws: WebSocket, admission: Admission, view: View) {
    const link = rooms.watch(admission, view, {
      send: (text) => ws.send(text),
      sendBytes: (bytes) => ws.send(bytes),
      close(code, reason) {
        ws.close(code, reason);
        setTimeout(() => ws.terminate(), FAREWELL_MS).unref();
      },
    });

    let answered = true;
    const ping = setInterval(() => {
      if (!answered) return ws.terminate();
      answered = false;
      ws.ping();
    }, PING_MS);
    const recheck = setInterval(
      rechecker(
        () => services.terminals.standing(admission),
        link.expel,
        (error) => log.error("a viewer could not be looked up", { error: errorText(error) }),
      ),
      RECHECK_MS,
    );
    ws.on("pong", () => (answered = true));
    ws.on("message", (data: Buffer, isBinary) => {
      if (ws.readyState !== ws.OPEN) return;
      if (isBinary) link.receiveBytes(data);
      else link.receive(String(data));
    });
    ws.on("error", () => ws.terminate());
    ws.on("close", () => {
      clearInterval(ping);
      clearInterval(recheck);
      link.leave();
    });
  }

  return {
    isFor: isForViewers,
    upgrade,
    close() {
      for (const ws of sockets.clients) ws.close(1001, "The control plane stops");
      setTimeout(() => sockets.clients.forEach((ws) => ws.terminate()), FAREWELL_MS / 2).unref();
    },
  };
}

export function refuse(stream: Duplex, status: string) {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
