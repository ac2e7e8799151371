import type { Offer } from "@appos/shared/agent-link";
import type { StreamInput, StreamKind } from "@appos/shared/streams";
import type { Services } from "../services.ts";
import type { Admission } from "../features/terminals/service.ts";
import { type AgentSocket, type Elsewhere, room, type View } from "./room.ts";
import type { ViewerSocket } from "./viewer-link.ts";

export type Rooms = ReturnType<typeof roomMap>;

type Said = Pick<AgentSocket, "send" | "sendBytes" | "close">;

/** The rooms of one process, each made when first needed. `elsewhere`: those of others, where there are others. */
export function roomMap(services: () => Services, elsewhere?: Elsewhere) {
  const rooms = new Map<string, ReturnType<typeof open>>();
  function open(serverId: string) {
    const sockets = new Set<AgentSocket>();
    return { sockets, ...room(services(), serverId, () => [...sockets], elsewhere) };
  }
  function roomOf(serverId: string) {
    const found = rooms.get(serverId) ?? open(serverId);
    rooms.set(serverId, found);
    return found;
  }
  return {
    wake: (serverId: string) => roomOf(serverId).wake(),
    offer: (serverId: string, offer: Offer, link: number) => roomOf(serverId).offer(offer, link),
    revoke: (serverId: string, upTo?: number) => rooms.get(serverId)?.revoke(upTo),
    sample: (serverId: string) => rooms.get(serverId)?.sample(),
    link: (serverId: string) => rooms.get(serverId)?.link(),
    alive: async (serverId: string) => (await rooms.get(serverId)?.alive()) ?? false,
    outdated: (serverId: string, epoch: number) => rooms.get(serverId)?.outdated(epoch),
    dismiss: (serverId: string, why: string) => rooms.get(serverId)?.dismiss(why),
    /** Every server whose link is here, with its number. */
    links: () =>
      [...rooms].flatMap(([serverId, room]) => {
        const epoch = room.link();
        return epoch === undefined ? [] : [{ serverId, epoch }];
      }),
    endTerminals: (serverId: string, sessions: string[], why: string) => rooms.get(serverId)?.endTerminals(sessions, why),
    /** A browser that was let in, at a terminal of a server. */
    watch: (admission: Admission, view: View, socket: ViewerSocket) => roomOf(admission.serverId).watch(admission, view, socket),
    open: <K extends StreamKind>(serverId: string, kind: K, input: StreamInput<K>) => roomOf(serverId).open(kind, input),
    /** Whose room it is was settled when the socket was opened; what is said on it must then be proved. */
    join(
      serverId: string,
      { send, sendBytes, close, alive = async () => false, address = null }: Said & Partial<Pick<AgentSocket, "alive" | "address">>,
    ) {
      const { sockets, join, receive, receiveBytes, left } = roomOf(serverId);
      const socket: AgentSocket = { epoch: 0, greeting: undefined, proven: false, lanes: 1, address, alive, send, sendBytes, close };
      sockets.add(socket);
      return {
        joined: join(socket),
        receive: (text: string) => receive(socket, text),
        receiveBytes: (bytes: Uint8Array) => receiveBytes(socket, bytes),
        proven: () => socket.proven,
        leave(why = "The connection was closed.") {
          sockets.delete(socket);
          return left(socket, why);
        },
      };
    },
  };
}
