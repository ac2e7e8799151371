import { errorText } from "../../errors.ts";
import { eventLog } from "../../live/events.ts";
import { roomMap, type Rooms as LocalRooms } from "../../live/rooms.ts";
import type { Events, Log, Rooms } from "../../ports.ts";
import type { Services } from "../../services.ts";

/** This process among those that are the control plane together. */
export interface Membership {
  holder?: string;
  rooms: Rooms;
  events: Events;
  /** What agents and viewers that come to this process are given. */
  local: LocalRooms;
  /** The database is there: nobody is connected to this process yet. */
  begin(): Promise<void>;
  /** Whether it is on this process to do what one of them has to do. */
  isFirst(): Promise<boolean>;
  /** It stops: before its sockets are closed, and after. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** The only one. */
export function onlyProcess(services: () => Services, log: Log): Membership {
  const local = roomMap(services);
  const failed = (error: unknown) => log.error("a room failed", { error: errorText(error) });
  return {
    rooms: {
      wake: (serverId) => void local.wake(serverId).catch(failed),
      offer: (serverId, offer, link) => void local.offer(serverId, offer, link).catch(failed),
      revoke: (serverId, upTo) => void local.revoke(serverId, upTo)?.catch(failed),
      sample: async (serverId) => local.sample(serverId),
      link: async (serverId) => local.link(serverId),
      endTerminals: (serverId, sessions, why) => local.endTerminals(serverId, sessions, why),
      open: async (serverId, kind, input) => local.open(serverId, kind, input),
    },
    events: eventLog(),
    local,
    begin: async () => void (await services().servers.allDisconnected()),
    isFirst: async () => true,
    stop: async () => {},
    close: async () => {},
  };
}
