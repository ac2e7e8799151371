import { DurableObject } from "cloudflare:workers";
import type { Offer } from "@appos/shared/agent-link";
import type { StreamInput, StreamKind } from "@appos/shared/streams";
import { TERMINAL_SUBPROTOCOL } from "@appos/shared/terminals";
import { AppError, errorText } from "../../errors.ts";
import type { Admission } from "../../features/terminals/service.ts";
import { room, type View } from "../../live/room.ts";
import type { Rooms } from "../../ports.ts";
import { agentSockets } from "./agent-sockets.ts";
import { controlPlane } from "./control-plane.ts";
import type { Env } from "./env.ts";
import type { Opened, RoomObject } from "./objects.ts";
import { objectRooms } from "./rooms.ts";
import { viewerSockets } from "./viewer-sockets.ts";

/** When a link that was lost is news: a little after it is no short loss any more. */
const NEWS_MS = 11_000;
/** After a failure. An alarm that fails by itself six times is never rung again: ours always ends well. */
const AGAIN_MS = 30_000;
const LET_GO = "The control plane was started anew, and its agent has not come back.";

/** The room of one server, where its agent's socket and those of the browsers at its terminals end. It sleeps while nothing is said. */
export class ServerRoom extends DurableObject<Env> implements RoomObject {
  readonly #serverId: string;
  readonly #services;
  readonly #log;
  readonly #room: ReturnType<typeof room>;
  readonly #agents: ReturnType<typeof agentSockets>;
  readonly #viewers: ReturnType<typeof viewerSockets>;
  /** When the alarm rings; undefined where that is not known yet. */
  #alarmAt: number | undefined;
  /** When a link that was lost is news. An alarm that rings before is not the last one. */
  #newsAt = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#serverId = ctx.id.name!;
    const { services, log } = controlPlane(env, objectRooms(env.ROOMS, { serverId: this.#serverId, rooms: this.#self() }));
    this.#services = services;
    this.#log = log;
    const failed = (error: unknown) => this.#failed(error);
    this.#agents = agentSockets(
      ctx,
      () => ({
        ...this.#room,
        left: async (socket, why) => {
          // What cannot be written down now is then.
          this.#newsAt = Date.now() + NEWS_MS;
          await Promise.all([this.#room.left(socket, why), this.#wakeAt(this.#newsAt)]);
        },
      }),
      failed,
    );
    this.#viewers = viewerSockets(ctx, () => ({ ...this.#room, standing: services.terminals.standing }), failed);
    this.#room = room(services, this.#serverId, this.#agents.sockets);
    this.#viewers.restore();
  }

  // What the other rooms and the API ask.
  wake() {
    return this.#room.wake();
  }
  offer(offer: Offer, link: number) {
    return this.#room.offer(offer, link);
  }
  revoke(upTo?: number) {
    return this.#room.revoke(upTo);
  }
  sample() {
    return this.#room.sample();
  }
  link() {
    return this.#room.link();
  }
  endTerminals(sessions: string[], why: string) {
    this.#room.endTerminals(sessions, why);
  }
  open<K extends StreamKind>(kind: K, input: StreamInput<K>): Opened {
    try {
      return { stream: this.#room.open(kind, input).pipeThrough(new IdentityTransformStream()) };
    } catch (error) {
      if (error instanceof AppError) return { refused: { code: error.code, message: error.message } };
      throw error;
    }
  }

  /** A socket of the server's agent, or of a browser that was let in: the worker has seen to that. */
  override async fetch(request: Request): Promise<Response> {
    const entry = request.headers.get("x-appos-entry");
    const { admission, view } = (entry === null ? {} : JSON.parse(entry)) as { admission?: Admission; view?: View };
    if (admission && view) {
      const reply = this.#viewers.accept(admission, view, TERMINAL_SUBPROTOCOL);
      await this.#rearm();
      return reply;
    }
    const reply = await this.#agents.accept(request.headers.get("x-appos-address"));
    await this.#rearm();
    return reply;
  }

  override async webSocketMessage(socket: WebSocket, data: string | ArrayBuffer) {
    if (this.#viewers.is(socket)) return this.#viewers.message(socket, data);
    await this.#agents.message(socket, data);
  }

  override async webSocketClose(socket: WebSocket, code: number, reason: string) {
    if (this.#viewers.is(socket)) this.#viewers.closed(socket);
    else this.#agents.closed(socket, code, reason);
    if (socket.readyState === WebSocket.CLOSING) socket.close(code === 1006 ? 1000 : code, reason);
  }

  override webSocketError(socket: WebSocket) {
    return this.webSocketClose(socket, 1006, "");
  }

  override async alarm() {
    this.#alarmAt = undefined;
    try {
      const now = Date.now();
      this.#agents.sweep(now);
      await this.#viewers.sweep();
      const isAway = this.#room.link() === undefined;
      if (isAway) await this.#services.servers.disconnected(this.#serverId, LET_GO);
      // An object that nobody is at forgets within ten seconds what it waited for: that nobody is at it says enough.
      if (isAway || (this.#newsAt > 0 && this.#newsAt <= now)) await this.#tellNews();
      await this.#rearm();
    } catch (error) {
      this.#failed(error);
      await this.#wakeAt(Date.now() + AGAIN_MS);
    }
  }

  /** What time has made news of a link that was lost. */
  async #tellNews() {
    const due = this.#newsAt;
    await this.#services.servers.tellTime();
    await this.#services.servers.trimTimelines([this.#serverId]);
    if (this.#newsAt === due) this.#newsAt = 0;
  }

  /** Rings again when somebody has to be looked after; never, where nobody is there. */
  async #rearm() {
    const now = Date.now();
    const news = this.#newsAt > now ? this.#newsAt : undefined;
    const due = [this.#agents.nextSweep(), this.#viewers.nextSweep(now), news].filter((at) => at !== undefined);
    if (due.length > 0) await this.#wakeAt(Math.min(...due));
  }
  async #wakeAt(at: number) {
    this.#alarmAt ??= (await this.ctx.storage.getAlarm()) ?? Infinity;
    if (this.#alarmAt <= at && this.#alarmAt > Date.now()) return;
    this.#alarmAt = at;
    // What is sent meanwhile need not wait for it: were it lost, whatever comes next would set it again.
    await this.ctx.storage.setAlarm(at, { allowUnconfirmed: true });
  }

  #failed(error: unknown) {
    this.#log.error("a room failed", { serverId: this.#serverId, error: errorText(error) });
  }

  /** This room, as its own services call it. */
  #self(): Rooms {
    const failed = (error: unknown) => this.#failed(error);
    return {
      wake: () => void this.wake().catch(failed),
      offer: (_, offer, link) => void this.offer(offer, link).catch(failed),
      revoke: (_, upTo) => void this.revoke(upTo).catch(failed),
      sample: () => this.sample(),
      link: async () => this.link(),
      endTerminals: (_, sessions, why) => this.endTerminals(sessions, why),
      open: async (_, kind, input) => this.#room.open(kind, input),
    };
  }
}
