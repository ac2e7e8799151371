import { closeCodes, HANDSHAKE_MS, PING, PONG, SILENCE_MS } from "../shared/src/agent-link.ts";
import type { Hearer } from "../agent/src/link.ts";
import type { Rooms } from "../control-plane/src/live/rooms.ts";
import type { Chance } from "./chance.ts";
import type { VirtualTime } from "./time.ts";

const ALIVE_MS = 2_000;
type End = "room" | "agent";
const other = (end: End): End => (end === "room" ? "agent" : "room");

/** How the network is doing. */
export interface Weather {
  /** Nothing arrives at this end; it is kept and sent again, as TCP does. */
  blocked: Record<End, boolean>;
  /** How often a frame comes twice, or not at all. */
  twice: number;
  never: number;
  latencyMs: number;
}
export const fair = (): Weather => ({ blocked: { room: false, agent: false }, twice: 0, never: 0, latencyMs: 20 });

/** A network between one agent and its room: in each direction of a connection frames keep their order, and nothing else is promised. */
export function network(
  { time, chance, trace = () => {} }: { time: VirtualTime; chance: Chance; trace?: (line: string) => void },
  rooms: () => Rooms | undefined,
  serverId: string,
) {
  const weather = fair();
  const links = new Set<ReturnType<typeof open>>();

  function open(hearer: Hearer) {
    const isOpen: Record<End, boolean> = { room: true, agent: true };
    const inFlight: Record<End, { at: number; text: string }[]> = { room: [], agent: [] };
    const arrivals: Record<End, number> = { room: 0, agent: 0 };
    let answered = () => {};
    const alive = () =>
      new Promise<boolean>((answer) => {
        answered = () => answer(true);
        time.timer(ALIVE_MS, () => answer(false));
        put("agent", PING);
      });
    const joined = rooms()!.join(serverId, {
      send: (text) => put("agent", text),
      sendBytes: async () => {},
      alive,
      close: (_, reason) => closeAt("room", reason),
    });
    joined.joined.catch(() => closeAt("room", "This could not be handled now"));
    let heardAt = time.now();

    const hear: Record<End, (text: string) => void> = {
      room(text) {
        heardAt = time.now();
        if (text === PING) return put("agent", PONG);
        if (text === PONG) return answered();
        joined.receive(text).catch(() => closeAt("room", "This could not be handled now"));
      },
      agent: (text) => hearer.text(text),
    };

    function put(to: End, text: string) {
      if (text !== PING && text !== PONG) trace(`to the ${to}: ${text.slice(0, 300)}`);
      if (!isOpen[other(to)] || chance.of(weather.never)) return;
      const at = Math.max(arrivals[to], time.now() + 1 + chance.upTo(weather.latencyMs));
      arrivals[to] = at;
      for (let copies = chance.of(weather.twice) ? 2 : 1; copies > 0; copies--) inFlight[to].push({ at, text });
      time.timer(at - time.now(), () => flow(to));
    }
    function flow(to: End) {
      while (!weather.blocked[to] && isOpen[to] && inFlight[to][0] && inFlight[to][0].at <= time.now())
        hear[to](inFlight[to].shift()!.text);
    }

    /** One end closes. The other learns of it after what was sent before, unless the way there is blocked. */
    function closeAt(end: End, reason: string, tells = true) {
      if (!isOpen[end]) return;
      trace(`the ${end}'s end closes: ${reason}`);
      isOpen[end] = false;
      inFlight[end] = [];
      if (end === "room") void joined.leave(reason).catch(() => {});
      else hearer.gone(reason);
      if (tells) learns(other(end), reason);
      if (!isOpen.room && !isOpen.agent) links.delete(link);
    }
    function learns(end: End, reason: string) {
      time.timer(weather.blocked[end] ? 500 : 1 + chance.upTo(weather.latencyMs), () => {
        if (weather.blocked[end] || inFlight[end].length > 0) return learns(end, reason);
        closeAt(end, reason);
      });
    }
    function watch() {
      if (!isOpen.room) return;
      if (time.now() - heardAt >= SILENCE_MS) return closeAt("room", "Nothing was heard");
      time.timer(5_000, watch);
    }

    const link = {
      isOpen,
      inFlight,
      closeAt,
      flow,
      /** The process at this end is dead. Its machine says so for it, unless that has no power either. */
      dead(end: End, tells: boolean) {
        if (!isOpen[end]) return;
        isOpen[end] = false;
        inFlight[end] = [];
        if (tells) learns(other(end), "The connection was reset");
        if (!isOpen.room && !isOpen.agent) links.delete(link);
      },
    };
    time.timer(HANDSHAKE_MS, () => joined.proven() || closeAt("room", String(closeCodes.unproven)));
    watch();
    hearer.opened({
      send: (text) => put("room", text),
      sendBytes: async () => {},
      hangUp: () => closeAt("agent", "The agent stops"),
      terminate: () => closeAt("agent", ""),
    });
    return link;
  }

  return {
    weather,
    links: () => [...links],
    dial(hearer: Hearer) {
      time.timer(1 + chance.upTo(50), () => {
        if (!rooms() || weather.blocked.room || weather.blocked.agent) {
          const patience = rooms() ? HANDSHAKE_MS : 1;
          time.timer(patience, () => hearer.gone("The control plane cannot be reached"));
        } else links.add(open(hearer));
      });
    },
    /** What was kept back goes on its way. */
    flow() {
      for (const link of links) for (const end of ["room", "agent"] as const) link.flow(end);
    },
  };
}
