import { streamKinds } from "@appos/shared/streams";
import { AppError, errorText } from "../../../errors.ts";
import type { Rooms } from "../../../live/rooms.ts";
import type { Log } from "../../../ports.ts";
import type { Bridges } from "./bridges.ts";
import type { Wire } from "./connection.ts";
import { parsed, RoomAsk, written } from "./messages.ts";
import { streamForAfar } from "./streams.ts";
import { viewerFromAfar } from "./viewers.ts";

/** The rooms whose links are at this process, for the others: each is heard in a place of its own, as long as its link is here. */
export function heldRooms(rooms: Rooms, wire: Wire, bridges: Bridges, log: Log) {
  const heard = new Map<string, () => void>();

  async function answer(serverId: string, asked: RoomAsk, from: string): Promise<unknown> {
    switch (asked.type) {
      case "link":
        return rooms.link(serverId);
      case "sample":
        return rooms.sample(serverId);
      case "alive":
        return rooms.alive(serverId);
      case "wake":
        return void rooms.wake(serverId).catch(failed);
      case "offer":
        return void rooms.offer(serverId, asked.offer, asked.link).catch(failed);
      case "revoke":
        return rooms.revoke(serverId, asked.upTo);
      case "end-terminals":
        return rooms.endTerminals(serverId, asked.sessions, asked.why);
      case "watch": {
        const { bridge: id, admission, view } = asked;
        return viewerFromAfar(bridges, { id, peer: from, admission: { ...admission, epoch: admission.epoch }, view }, rooms.watch);
      }
      case "open": {
        const { bridge: id, kind } = asked;
        const input = streamKinds[kind].parse(asked.input);
        return streamForAfar(bridges, { id, peer: from }, rooms.open(serverId, kind, input as never));
      }
    }
  }
  const failed = (error: unknown) => log.error("a room failed", { error: errorText(error) });

  async function reply(serverId: string, bytes: Buffer, from: string): Promise<object> {
    const asked = parsed(RoomAsk, bytes);
    if (!asked) return { error: { code: "INVALID_REQUEST", message: "That control plane speaks another version." } };
    try {
      return { value: (await answer(serverId, asked, from)) ?? null };
    } catch (error) {
      if (error instanceof AppError) return { error: { code: error.code, message: error.message } };
      failed(error);
      return {
        error: { code: "INTERNAL", message: "The control plane that holds the server's link could not do this. Its log says why." },
      };
    }
  }

  return {
    /** A server's link is here from now on. */
    joined(serverId: string) {
      if (heard.has(serverId)) return;
      const deaf = wire.hear(`room.${serverId}`, (bytes, from, say) => {
        void reply(serverId, bytes, from).then((answered) => say?.(written(answered)));
      });
      heard.set(serverId, deaf);
    },
    left(serverId: string) {
      heard.get(serverId)?.();
      heard.delete(serverId);
    },
  };
}
