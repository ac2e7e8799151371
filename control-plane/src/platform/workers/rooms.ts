import { waitUntil } from "cloudflare:workers";
import { AppError, errorText } from "../../errors.ts";
import type { Rooms } from "../../ports.ts";
import type { Env } from "./env.ts";
import { jsonLog } from "./log.ts";

/** The rooms as durable objects, each called by its server's id. `own`: inside of one, how it reaches itself. */
export function objectRooms(objects: Env["ROOMS"], own?: { serverId: string; rooms: Rooms }): Rooms {
  const room = (serverId: string) => objects.getByName(serverId);
  /** What may be lost is told to nobody; the worker's look each minute sees to it. */
  const later = (done: Promise<unknown>) => waitUntil(done.catch(notReached));
  /** Nobody looks again whether a server was shut out. */
  async function shutOut(serverId: string, upTo: number | undefined) {
    for (let wait = 250; wait < 10_000; wait *= 4) {
      const failed = await room(serverId)
        .revoke(upTo)
        .then(
          () => false,
          () => true,
        );
      if (!failed) return;
      await new Promise<void>((go) => setTimeout(go, wait));
    }
    await room(serverId).revoke(upTo);
  }
  const over: Rooms = {
    wake: (serverId) => later(room(serverId).wake()),
    offer: (serverId, offer, link) => later(room(serverId).offer(offer, link)),
    revoke: (serverId, upTo) => later(shutOut(serverId, upTo)),
    // A room that cannot be asked now is one without a link: no reason to fail who asks about many.
    sample: (serverId) => room(serverId).sample().catch(notReached),
    link: (serverId) => room(serverId).link().catch(notReached),
    endTerminals: (serverId, sessions, why) => later(room(serverId).endTerminals(sessions, why)),
    async open(serverId, kind, input) {
      const answer = await room(serverId).open(kind, input);
      if (answer.refused) throw new AppError(answer.refused.code, answer.refused.message);
      return answer.stream;
    },
  };
  if (!own) return over;
  const of = (serverId: string) => (serverId === own.serverId ? own.rooms : over);
  return {
    wake: (serverId) => of(serverId).wake(serverId),
    offer: (serverId, offer, link) => of(serverId).offer(serverId, offer, link),
    revoke: (serverId, upTo) => of(serverId).revoke(serverId, upTo),
    sample: (serverId) => of(serverId).sample(serverId),
    link: (serverId) => of(serverId).link(serverId),
    endTerminals: (serverId, sessions, why) => of(serverId).endTerminals(serverId, sessions, why),
    open: (serverId, kind, input) => of(serverId).open(serverId, kind, input),
  };
}

function notReached(error: unknown): undefined {
  jsonLog("warn").warn("a room was not reached", { error: errorText(error) });
}
