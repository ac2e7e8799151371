import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { INPUT_BYTES, TERMINAL_SUBPROTOCOL, terminalCloseCodes, type TerminalFrame, TerminalQuery } from "@appos/shared/terminals";
import { type WebSocket, WebSocketServer } from "ws";
import { AppError, errorText } from "../../errors.ts";
import type { Admission } from "../../features/terminals/service.ts";
import type { View } from "../../live/room.ts";
import type { Rooms } from "../../live/rooms.ts";
import type { Log } from "../../ports.ts";
import type { Services } from "../../services.ts";

const PATH = /^\/api\/v1\/(servers|apps)\/([a-z0-9_-]{1,63})\/terminal$/;
/** Whoever may look on no longer is out within this time. */
const RECHECK_MS = 4_000;
/** Whom nobody could look up so many times in a row is out. */
const FAILURES = 3;
/** Who answers no ping until the next one is gone. */
const PING_MS = 25_000;
const FAREWELL_MS = 1_000;

export type Viewers = ReturnType<typeof acceptViewers>;

/** Lets browsers in to terminals: by a ticket, from our own pages, with the right subprotocol. */
export function acceptViewers({ terminals, system }: Services, rooms: Rooms, log: Log) {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: INPUT_BYTES,
    perMessageDeflate: false,
    handleProtocols: () => TERMINAL_SUBPROTOCOL,
  });

  function isOurs(origin: string, host: string) {
    const asked = `http://${host}`;
    return [new URL(system.publicUrl(asked)).origin, URL.parse(asked)?.origin].includes(origin);
  }

  async function upgrade(request: IncomingMessage, stream: Duplex, head: Buffer, { pathname, searchParams }: URL) {
    const [, kind, idOrName] = PATH.exec(pathname)!;
    const { origin, host = "" } = request.headers;
    const protocols = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    if (origin !== undefined && !isOurs(origin, host)) return refuse(stream, "403 Forbidden");
    const { data: query } = TerminalQuery.safeParse(Object.fromEntries(searchParams));
    if (!query || !protocols.includes(TERMINAL_SUBPROTOCOL)) return refuse(stream, "400 Bad Request");
    const place = { kind: kind as "servers" | "apps", idOrName: idOrName! };
    const admission = await terminals.admit(query.ticket, place, origin !== undefined).catch((error: unknown) => {
      if (error instanceof AppError) return error;
      throw error;
    });
    if (!admission) return refuse(stream, "401 Unauthorized");
    if (admission instanceof AppError) return sockets.handleUpgrade(request, stream, head, (ws) => tellWhy(ws, admission));
    const { after, cols, rows } = query;
    sockets.handleUpgrade(request, stream, head, (ws) => attend(ws, admission, { after, cols, rows }));
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
        () => terminals.standing(admission),
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
    isFor: ({ pathname }: URL) => PATH.test(pathname),
    upgrade,
    close() {
      for (const ws of sockets.clients) ws.close(1001, "The control plane stops");
      setTimeout(() => sockets.clients.forEach((ws) => ws.terminate()), FAREWELL_MS / 2).unref();
    },
  };
}

/** Expels whoever may look on no longer; also whom nobody can say it of, time and again: they may come back once somebody can. */
export function rechecker(
  standing: () => Promise<"in" | "out" | "gone">,
  expel: (forGood: boolean) => void,
  failed: (error: unknown) => void,
) {
  let failures = 0;
  return async () => {
    try {
      const now = await standing();
      failures = 0;
      if (now !== "in") expel(now === "gone");
    } catch (error) {
      failed(error);
      if (++failures >= FAILURES) expel(false);
    }
  };
}

export function refuse(stream: Duplex, status: string) {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
