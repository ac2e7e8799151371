import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { AGENT_PATH, closeCodes, FRAME_BYTES, HANDSHAKE_MS, PING, PONG, SILENCE_MS, SUBPROTOCOL } from "@appos/shared/agent-link";
import { ServerId } from "@appos/shared/ids";
import { errorText } from "../../errors.ts";
import type { Rooms } from "../../live/rooms.ts";
import type { Log } from "../../ports.ts";
import type { Services } from "../../services.ts";

const FAILED = 1011;
/** Sockets of one server that have not proved themselves; more are turned away. */
const UNPROVEN_AT_ONCE = 20;

/** Lets agents in. The address says whose room a socket is for; its agent then has to prove it. Every other upgrade is refused. */
export function acceptAgents(http: Server, { servers }: Services, rooms: Rooms, log: Log) {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  const unproven = new Map<string, number>();
  const count = (serverId: string, change: number) => {
    const next = (unproven.get(serverId) ?? 0) + change;
    if (next > 0) unproven.set(serverId, next);
    else unproven.delete(serverId);
  };

  http.on("upgrade", async (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on("error", () => stream.destroy());
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const serverId = ServerId.safeParse(searchParams.get("server")).data;
    if (pathname !== AGENT_PATH || serverId === undefined) return refuse(stream, "404 Not Found");
    if ((await servers.publicKey(serverId)) === undefined) return refuse(stream, "403 Forbidden");
    if ((unproven.get(serverId) ?? 0) >= UNPROVEN_AT_ONCE) return refuse(stream, "429 Too Many Requests");
    count(serverId, 1);
    sockets.handleUpgrade(request, stream, head, (ws) => attend(ws, serverId, () => count(serverId, -1)));
  });

  function attend(ws: WebSocket, serverId: string, settled: () => void) {
    const close = (code: number, reason: string) => ws.close(code, reason);
    const fail = (error: unknown) => {
      log.error("an agent's frame could not be handled", { serverId, error: errorText(error) });
      close(FAILED, "This could not be handled now");
    };
    const { joined, receive, receiveBytes, proven, leave } = rooms.join(serverId, { send: (text) => ws.send(text), close });
    joined.catch(fail);

    const once = onlyOnce(settled);
    const handshake = setTimeout(() => proven() || close(closeCodes.unproven, "The agent did not prove itself in time"), HANDSHAKE_MS);
    const silence = setTimeout(() => ws.terminate(), SILENCE_MS);
    ws.on("message", (data: Buffer, isBinary) => {
      silence.refresh();
      if (isBinary) return receiveBytes(data);
      const text = String(data);
      if (text === PING) return ws.send(PONG);
      receive(text)
        .then(() => proven() && once())
        .catch(fail);
    });
    ws.on("close", () => {
      clearTimeout(handshake);
      clearTimeout(silence);
      once();
      leave().catch((error: unknown) => log.error("a lost link could not be noted", { serverId, error: errorText(error) }));
    });
    ws.on("error", () => ws.terminate());
  }

  return () => {
    for (const ws of sockets.clients) ws.close(1001, "The control plane stops");
    setTimeout(() => sockets.clients.forEach((ws) => ws.terminate()), 500).unref();
  };
}

function onlyOnce(task: () => void) {
  let done = false;
  return () => {
    if (!done) task();
    done = true;
  };
}

function refuse(stream: Duplex, status: string) {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
