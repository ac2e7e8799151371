import { DurableObject } from "cloudflare:workers";
import { eventLog } from "../../live/events.ts";
import type { Signal } from "../../ports.ts";
import type { Env } from "./env.ts";
import type { EventObject, Heard } from "./objects.ts";

/**
 * Hands every event on to whoever listens, wherever it happened. It keeps the last few in memory: who comes back after it was put to
 * sleep is told to begin anew.
 */
export class EventHub extends DurableObject<Env> implements EventObject {
  readonly #log = eventLog();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // One ear for all sockets: they outlive this object's memory, and the ear does not.
    void this.#log.subscribe(undefined, (said, id) => {
      const text = JSON.stringify({ said, id } satisfies Heard);
      for (const socket of ctx.getWebSockets()) if (socket.readyState === WebSocket.OPEN) socket.send(text);
    });
  }

  publish(signal: Signal) {
    this.#log.publish(signal);
  }

  override async fetch(request: Request): Promise<Response> {
    const after = new URL(request.url).searchParams.get("after") ?? undefined;
    const { 0: theirs, 1: ours } = new WebSocketPair();
    const missed: Heard[] = [];
    const leave = await this.#log.subscribe(after, (said, id) => void missed.push({ said, id }));
    leave();
    this.ctx.acceptWebSocket(ours);
    for (const heard of missed) ours.send(JSON.stringify(heard));
    return new Response(null, { status: 101, webSocket: theirs });
  }

  override webSocketClose(socket: WebSocket) {
    socket.close();
  }
}
