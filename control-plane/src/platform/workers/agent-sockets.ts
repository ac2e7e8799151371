import { closeCodes, FRAME_BYTES, HANDSHAKE_MS, PING, PONG, SILENCE_MS } from "@appos/shared/agent-link";
import type { AgentSocket } from "../../live/room.ts";

/** Sockets of one server that have not proved themselves; more are turned away. */
const UNPROVEN_AT_ONCE = 20;
/** Who is asked whether it is still there answers within this time. */
const ALIVE_MS = 2_000;
/** What one agent has said and waits for the database, each frame with what it costs besides. It has at most 1 MiB of output on its way: more is no agent of ours. */
const BYTES_WAITING = 16 * 1024 * 1024;
const FRAME_COST = 8 * 1024;
/** An alarm rings a little after what it is for. */
const AFTER_MS = 100;
const TOO_LARGE = 1009;
const FAILED = 1011;
const TAG = "agent";

/** What is noted on a socket and outlives this object's memory. */
interface Note extends Pick<AgentSocket, (typeof noted)[number] | "address"> {
  /** When it was accepted. */
  at: number;
}

/** What a room notes on a socket as it goes. */
const noted = ["epoch", "greeting", "proven", "lanes"] as const;

/** What a room does with a socket. */
interface Door {
  join(socket: AgentSocket): Promise<void>;
  receive(socket: AgentSocket, text: string): Promise<void>;
  receiveBytes(socket: AgentSocket, bytes: Uint8Array): void;
  left(socket: AgentSocket, why: string): Promise<void>;
}

/** The agents' sockets of one object. They stay open while it sleeps, and pings are answered without waking it. */
export function agentSockets(ctx: DurableObjectState, door: () => Door, failed: (error: unknown) => void) {
  ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  const known = new Map<WebSocket, AgentSocket>();
  const gone = new WeakSet<WebSocket>();
  const answers = new WeakMap<WebSocket, (isAlive: boolean) => void>();
  const waiting = new WeakMap<WebSocket, number>();
  const noteOf = (ws: WebSocket) => ws.deserializeAttachment() as Note;

  function socketOf(ws: WebSocket): AgentSocket {
    const found = known.get(ws) ?? wrap(ws);
    known.set(ws, found);
    return found;
  }
  /** Reads and writes what is noted, so that it is the same after a sleep. */
  function wrap(ws: WebSocket): AgentSocket {
    const note = noteOf(ws);
    const kept = <K extends (typeof noted)[number]>(name: K) => ({
      get: () => note[name],
      set(value: Note[K]) {
        note[name] = value;
        if (ws.readyState === WebSocket.OPEN) ws.serializeAttachment(note);
      },
    });
    const socket = {
      address: note.address,
      alive: () =>
        new Promise((answer) => {
          answers.set(ws, answer);
          setTimeout(answer, ALIVE_MS, false);
          if (ws.readyState === WebSocket.OPEN) ws.send(PING);
          else answer(false);
        }),
      send: (text) => ws.readyState === WebSocket.OPEN && ws.send(text),
      sendBytes: (bytes) => ws.readyState === WebSocket.OPEN && ws.send(bytes),
      close: (code, reason) => close(ws, code, reason),
    } satisfies Omit<AgentSocket, (typeof noted)[number]>;
    return Object.defineProperties(socket, Object.fromEntries(noted.map((name) => [name, kept(name)]))) as AgentSocket;
  }

  /** One that was closed before a sleep, and whose other end has not answered, is still among them. */
  const all = () =>
    ctx
      .getWebSockets(TAG)
      .filter((ws) => !gone.has(ws) && ws.readyState === WebSocket.OPEN)
      .map((ws) => ({ ws, socket: socketOf(ws) }));

  /** Nobody waits for the other end's farewell, which may never come. */
  function close(ws: WebSocket, code: number, reason: string) {
    if (ws.readyState === WebSocket.OPEN) ws.close(code, reason);
    left(ws, `${reason}.`);
  }
  function left(ws: WebSocket, why: string) {
    if (gone.has(ws)) return;
    const socket = socketOf(ws);
    gone.add(ws);
    known.delete(ws);
    answers.get(ws)?.(false);
    void door().left(socket, why).catch(failed);
  }

  /** By when more has to be heard of a socket. */
  function dueAt(ws: WebSocket, { proven }: AgentSocket) {
    const { at } = noteOf(ws);
    const heardAt = ctx.getWebSocketAutoResponseTimestamp(ws)?.getTime() ?? 0;
    return proven ? Math.max(at, heardAt) + SILENCE_MS : at + HANDSHAKE_MS;
  }

  return {
    sockets: () => all().map(({ socket }) => socket),
    is: (ws: WebSocket) => ctx.getTags(ws).includes(TAG),

    /** Takes a socket in. It has to prove itself in time. */
    async accept(address: string | null): Promise<Response> {
      if (all().filter(({ socket }) => !socket.proven).length >= UNPROVEN_AT_ONCE) return new Response(null, { status: 429 });
      const { 0: theirs, 1: ours } = new WebSocketPair();
      const note: Note = { epoch: 0, greeting: undefined, proven: false, lanes: 1, address, at: Date.now() };
      ctx.acceptWebSocket(ours, [TAG]);
      ours.serializeAttachment(note);
      door()
        .join(socketOf(ours))
        .catch((error: unknown) => (failed(error), close(ours, FAILED, "This could not be handled now")));
      return new Response(null, { status: 101, webSocket: theirs });
    },

    async message(ws: WebSocket, data: string | ArrayBuffer) {
      if (gone.has(ws)) return;
      const size = typeof data === "string" ? data.length : data.byteLength;
      if (size > FRAME_BYTES) return close(ws, TOO_LARGE, "This frame is too large");
      const socket = socketOf(ws);
      if (typeof data !== "string") return door().receiveBytes(socket, new Uint8Array(data));
      if (data === PONG) return answers.get(ws)?.(true);
      const [before, cost] = [waiting.get(ws) ?? 0, size + FRAME_COST];
      if (before + cost > BYTES_WAITING) return close(ws, closeCodes.malformed, "More was said than can be written down");
      waiting.set(ws, before + cost);
      try {
        await door().receive(socket, data);
      } catch (error) {
        failed(error);
        close(ws, FAILED, "This could not be handled now");
      } finally {
        waiting.set(ws, waiting.get(ws)! - cost);
      }
    },

    closed(ws: WebSocket, code: number, reason: string) {
      left(ws, whyClosed(code, reason));
    },

    /** Closes those that have not proved themselves in time, and those that have said nothing for too long. */
    sweep(now: number) {
      for (const { ws, socket } of all()) {
        if (now < dueAt(ws, socket)) continue;
        if (socket.proven) close(ws, FAILED, `Nothing was heard from the agent for ${SILENCE_MS / 1_000} seconds`);
        else close(ws, closeCodes.unproven, "The agent did not prove itself in time");
      }
    },
    /** When to sweep next; undefined where there is nobody. */
    nextSweep(): number | undefined {
      const due = all().map(({ ws, socket }) => dueAt(ws, socket) + AFTER_MS);
      return due.length > 0 ? Math.min(...due) : undefined;
    },
  };
}

/** Why the agent's end, or what is between, has closed a socket. */
function whyClosed(code: number, reason: string): string {
  if (reason !== "") return `The agent closed the connection: ${reason}.`;
  return code === 1006 ? "The connection broke off." : `The agent closed the connection (${code}).`;
}
