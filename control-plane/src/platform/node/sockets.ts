import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { AGENT_PATH, closeCodes, FRAME_BYTES, HANDSHAKE_MS, PING, PONG, SILENCE_MS, SUBPROTOCOL } from "@appos/shared/agent-link";
import { ServerId } from "@appos/shared/ids";
import { errorText } from "../../errors.ts";
import type { Rooms } from "../../live/rooms.ts";
import type { Log } from "../../ports.ts";
import type { Services } from "../../services.ts";
import type { VisitorOf } from "./console-door.ts";
import { turnstile } from "./turnstile.ts";
import { refuse, type Viewers } from "./viewers.ts";

const FAILED = 1011;
/** Sockets of one server that have not proved themselves; more are turned away. */
const UNPROVEN_AT_ONCE = 20;
/** After this control plane was away all agents come at once: so many are let in side by side, and they wait less long than they would by themselves. */
const HANDSHAKES = { atOnce: 64, insideMs: HANDSHAKE_MS / 2, waitMs: HANDSHAKE_MS / 2 };
const FAREWELL_MS = 1_000;
const FRAMES_WAITING = 32;
const UNREAD_MS = 1_000;
/** Who is asked whether it is still there answers within this time. */
const ALIVE_MS = 2_000;
const UNREAD_BYTES = 64 * 1024;
/** Who does not read what it is told, for so long, is given up. */
const UNSENT_BYTES = 16 * 1024 * 1024;

/** Lets agents in, and viewers. An agent's address says whose room a socket is for; it then has to prove it. Every other upgrade is refused. */
export function acceptAgents(
  doors: readonly Server[],
  { servers }: Services,
  rooms: Rooms,
  viewers: Viewers,
  { log, visitorOf }: { log: Log; visitorOf: VisitorOf },
) {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  const unproven = new Map<string, number>();
  const handshakes = turnstile(HANDSHAKES);
  const count = (serverId: string, change: number) => {
    const next = (unproven.get(serverId) ?? 0) + change;
    if (next > 0) unproven.set(serverId, next);
    else unproven.delete(serverId);
  };

  for (const door of doors)
    door.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      stream.on("error", () => stream.destroy());
      upgrade(request, stream, head).catch((error: unknown) => {
        log.error("an upgrade failed", { error: errorText(error) });
        stream.destroy();
      });
    });

  async function upgrade(request: IncomingMessage, stream: Duplex, head: Buffer) {
    const url = URL.parse(request.url ?? "/", "http://localhost");
    if (!url) return refuse(stream, "400 Bad Request");
    if (viewers.isFor(url)) return viewers.upgrade(request, stream, head, url);
    const { pathname, searchParams } = url;
    const serverId = ServerId.safeParse(searchParams.get("server")).data;
    if (pathname !== AGENT_PATH || serverId === undefined) return refuse(stream, "404 Not Found");
    const leave = await letIn(stream);
    if (!leave) return refuse(stream, "503 Service Unavailable");
    const turnAway = (why: string) => (leave(), refuse(stream, why));
    if ((await servers.publicKey(serverId)) === undefined) return turnAway("403 Forbidden");
    if ((unproven.get(serverId) ?? 0) >= UNPROVEN_AT_ONCE) return turnAway("429 Too Many Requests");
    count(serverId, 1);
    const settled = onlyOnce(() => {
      leave();
      count(serverId, -1);
    });
    stream.once("close", settled);
    sockets.handleUpgrade(request, stream, head, (ws) => attend(ws, serverId, visitorOf(request).address, settled));
  }

  /** In a storm sockets wait in the kernel for so long that many have been given up by then: those cost nothing more. */
  async function letIn(stream: Duplex) {
    let gone = false;
    let giveUp = () => {};
    watchEnd(stream, () => {
      gone = true;
      giveUp();
    });
    // Whatever came before this is read within two turns.
    for (let turn = 0; turn < 2; turn++) await new Promise<void>((go) => setImmediate(go));
    return gone ? undefined : handshakes.enter((task) => (giveUp = task));
  }

  function attend(ws: WebSocket, serverId: string, address: string | null, settled: () => void) {
    let why: string | undefined;
    // Who was shown out has said all that counts, and is not waited for.
    const close = (code: number, reason: string) => {
      why ??= `${reason}.`;
      ws.close(code, reason);
      setTimeout(() => ws.terminate(), FAREWELL_MS).unref();
    };
    const fail = (error: unknown) => {
      log.error("an agent's frame could not be handled", { serverId, error: errorText(error) });
      close(FAILED, "This could not be handled now");
    };
    let isAlive = (_: boolean) => {};
    const alive = () =>
      new Promise<boolean>((answer) => {
        isAlive = answer;
        setTimeout(answer, ALIVE_MS, false).unref();
        if (ws.readyState === ws.OPEN) ws.send(PING);
        else answer(false);
      });
    const { joined, receive, receiveBytes, proven, leave } = rooms.join(serverId, {
      send: (text) => (ws.bufferedAmount > UNSENT_BYTES ? ws.terminate() : ws.send(text)),
      sendBytes: (bytes) => ws.send(bytes),
      close,
      alive,
      address,
    });
    joined.catch(fail);

    let waiting = 0;
    const handshake = setTimeout(() => proven() || close(closeCodes.unproven, "The agent did not prove itself in time"), HANDSHAKE_MS);
    // Where it was this process that stood still, what was said meanwhile is read first.
    let unheard: NodeJS.Timeout | undefined;
    const silence = setTimeout(() => {
      unheard = setTimeout(() => {
        why ??= `Nothing was heard from the agent for ${SILENCE_MS / 1_000} seconds.`;
        ws.terminate();
      }, UNREAD_MS);
    }, SILENCE_MS);
    ws.on("message", (data: Buffer, isBinary) => {
      clearTimeout(unheard);
      silence.refresh();
      if (ws.readyState !== ws.OPEN) return;
      if (isBinary) return receiveBytes(data);
      const text = String(data);
      if (text === PONG) return isAlive(true);
      // Where much is on its way, that shows well enough that we are here; and who reads nothing makes nothing grow.
      if (text === PING) return ws.bufferedAmount < UNREAD_BYTES && ws.send(PONG);
      // Who speaks faster than the disk writes waits: nothing grows without bound.
      if (++waiting === FRAMES_WAITING) ws.pause();
      receive(text)
        .then(() => proven() && settled())
        .catch(fail)
        .finally(() => --waiting < FRAMES_WAITING / 2 && ws.isPaused && ws.resume());
    });
    ws.on("close", (code, reason) => {
      isAlive(false);
      clearTimeout(handshake);
      clearTimeout(silence);
      clearTimeout(unheard);
      settled();
      leave(why ?? whyClosed(code, String(reason))).catch((error: unknown) =>
        log.error("a lost link could not be noted", { serverId, error: errorText(error) }),
      );
    });
    ws.on("error", () => ws.terminate());
  }

  return () => {
    viewers.close();
    for (const ws of sockets.clients) ws.close(1001, "The control plane stops");
    setTimeout(() => sockets.clients.forEach((ws) => ws.terminate()), 500).unref();
  };
}

/** Only who reads a stream hears of its end. Nothing is said on it before its upgrade is answered. */
function watchEnd(stream: Duplex, ended: () => void) {
  stream.once("end", ended).once("close", ended);
  stream.resume();
}

/** Why the agent's end, or what is between, has closed a socket. */
function whyClosed(code: number, reason: string): string {
  if (reason !== "") return `The agent closed the connection: ${reason}.`;
  return code === 1006 ? "The connection broke off." : `The agent closed the connection (${code}).`;
}

function onlyOnce(task: () => void) {
  let done = false;
  return () => {
    if (!done) task();
    done = true;
  };
}
