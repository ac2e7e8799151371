import type { ErrorCode } from "@appos/shared/errors";
import { ServerSample } from "@appos/shared/servers";
import type { StreamInput, StreamKind } from "@appos/shared/streams";
import { AppError, errorText } from "../../../errors.ts";
import type { Admission } from "../../../features/terminals/service.ts";
import { serverAway, type View } from "../../../live/room.ts";
import type { Rooms as LocalRooms } from "../../../live/rooms.ts";
import type { ViewerLink, ViewerSocket } from "../../../live/viewer-link.ts";
import type { Log, Rooms } from "../../../ports.ts";
import type { Bridges } from "./bridges.ts";
import type { Wire } from "./connection.ts";
import { parsed, RoomAnswer, type RoomAsk, type Told, written } from "./messages.ts";
import { bridgedStream } from "./streams.ts";
import { bridgedViewer } from "./viewers.ts";

/** An answer that is due at once, one that an agent may have to give first, and how often what must not be lost is said. */
const SOON_MS = 1_000;
const AGENT_MS = 3_500;
const TRIES = 3;
const REVOKE_TRIES = 8;

type Asked = { value: unknown; from: string } | { error: AppError } | "nobody" | undefined;

/** Every room: here where the link is here, else through whichever process holds it. */
export function sharedRooms(local: LocalRooms, wire: Wire, bridges: Bridges, log: Log) {
  const failed = (error: unknown) => log.error("a room failed", { error: errorText(error) });
  const isHere = (serverId: string) => local.link(serverId) !== undefined;

  async function ask(serverId: string, asked: RoomAsk, timeout = SOON_MS): Promise<Asked> {
    const reply = await wire.ask(`room.${serverId}`, written(asked), timeout);
    if (reply === undefined || reply === "nobody") return reply;
    const answer = parsed(RoomAnswer, reply.bytes);
    if (!answer) return undefined;
    if ("error" in answer) return { error: new AppError(answer.error.code as ErrorCode, answer.error.message) };
    return { value: answer.value ?? undefined, from: reply.from };
  }
  async function valueOf(serverId: string, asked: RoomAsk, timeout?: number): Promise<unknown> {
    const reply = await ask(serverId, asked, timeout);
    return typeof reply === "object" && "value" in reply ? reply.value : undefined;
  }
  /** Says it again where no answer comes: one message is lost sooner than three. */
  async function tell(serverId: string, asked: RoomAsk, tries = TRIES): Promise<Asked> {
    const reply = await ask(serverId, asked);
    return reply === undefined && tries > 1 && wire.isUp() ? tell(serverId, asked, tries - 1) : reply;
  }
  /** Where nobody has the link, or nobody can be asked, it is looked after here. */
  async function wake(serverId: string) {
    if (isHere(serverId) || (await tell(serverId, { type: "wake" })) === "nobody" || !wire.isUp()) await local.wake(serverId);
  }
  /** A process that did not answer is told again: whoever is shut out is so at once. */
  async function revoke(serverId: string, upTo: number | undefined) {
    wire.say("all", written({ type: "revoked", serverId, upTo } satisfies Told));
    await local.revoke(serverId, upTo);
    if (await tell(serverId, { type: "revoke", upTo }, REVOKE_TRIES)) return;
    log.warn("a server was removed or given another key while NATS did not answer: its former agent is shut out within ten seconds", {
      serverId,
    });
  }

  const port: Rooms = {
    wake: (serverId) => void wake(serverId).catch(failed),
    offer(serverId, offer, link) {
      if (isHere(serverId)) void local.offer(serverId, offer, link).catch(failed);
      else void tell(serverId, { type: "offer", offer, link }).catch(failed);
    },
    revoke: (serverId, upTo) => void revoke(serverId, upTo).catch(failed),
    async sample(serverId) {
      if (isHere(serverId)) return local.sample(serverId);
      return ServerSample.safeParse(await valueOf(serverId, { type: "sample" })).data;
    },
    async link(serverId) {
      const link = local.link(serverId) ?? (await valueOf(serverId, { type: "link" }));
      return typeof link === "number" ? link : undefined;
    },
    endTerminals(serverId, sessions, why) {
      if (isHere(serverId)) local.endTerminals(serverId, sessions, why);
      else void tell(serverId, { type: "end-terminals", sessions, why }).catch(failed);
    },
    async open<K extends StreamKind>(serverId: string, kind: K, input: StreamInput<K>) {
      if (isHere(serverId)) return local.open(serverId, kind, input);
      return bridgedStream(bridges, serverId, async (bridge) => {
        const reply = await ask(serverId, { type: "open", bridge, kind, input }, AGENT_MS);
        if (typeof reply !== "object") throw serverAway();
        if ("error" in reply) throw reply.error;
        return reply.from;
      });
    },
  };

  return {
    port,
    /** Whether a server's agent answers over a link that another process holds. */
    alive: async (serverId: string) => (await valueOf(serverId, { type: "alive" }, AGENT_MS)) === true,
    watch(admission: Admission, view: View, socket: ViewerSocket): ViewerLink {
      const { serverId } = admission;
      if (admission.epoch === undefined || local.link(serverId) === admission.epoch) return local.watch(admission, view, socket);
      return bridgedViewer(bridges, serverId, socket, async (bridge) => {
        const reply = await ask(serverId, { type: "watch", bridge, admission, view }, AGENT_MS);
        return typeof reply === "object" && "from" in reply ? reply.from : undefined;
      });
    },
  };
}
