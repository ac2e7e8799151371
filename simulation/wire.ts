import type { Conversation, Wire } from "../agent/src/conversation.ts";
import type { Rooms } from "../control-plane/src/live/rooms.ts";

export type Cable = ReturnType<typeof cable>;

/** A connection from an agent to its room. While it is held, what was said is in flight; an end that closes loses its own. */
export function cable(rooms: Rooms, serverId: string, converse: (wire: Wire) => Conversation) {
  const toRoom: string[] = [];
  const toAgent: string[] = [];
  let [roomOpen, agentOpen, held] = [true, true, false];
  const closed: { code: number; reason: string }[] = [];

  const link = rooms.join(serverId, {
    send(text) {
      if (roomOpen) toAgent.push(text);
      flow();
    },
    sendBytes: (bytes) => agent.hearBytes(bytes),
    close(code, reason) {
      closed.push({ code, reason });
      cut();
    },
  });
  const agent = converse({
    send(text) {
      if (agentOpen) toRoom.push(text);
      flow();
    },
    sendBytes: async (bytes) => void (roomOpen && link.receiveBytes(bytes)),
  });

  function flow() {
    if (held) return;
    for (const text of toRoom.splice(0)) if (roomOpen) void link.receive(text);
    for (const text of toAgent.splice(0)) if (agentOpen) void agent.hear(text).catch(cut);
  }
  /** Both ends learn that the connection is gone. */
  function cut() {
    if (agentOpen) agent.end();
    agentOpen = false;
    if (roomOpen) void link.leave();
    roomOpen = false;
  }

  return {
    closed,
    /** Whether the agent still holds on to it. */
    open: () => agentOpen,
    /** What the room does with a text that arrives now. */
    receive: link.receive,
    hold: () => void (held = true),
    release() {
      held = false;
      flow();
    },
    /** The agent gives the connection up; the room does not know, and what was sent may still arrive. */
    hangUp() {
      if (agentOpen) agent.end();
      agentOpen = false;
    },
    cut,
  };
}
