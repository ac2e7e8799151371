import { createHash } from "node:crypto";
import { errorText } from "../../../errors.ts";
import { identity } from "../../../identity.ts";
import type { Elsewhere } from "../../../live/room.ts";
import { roomMap } from "../../../live/rooms.ts";
import type { Keys, Log } from "../../../ports.ts";
import { derive } from "../../../secrets.ts";
import type { Services } from "../../../services.ts";
import type { Membership } from "../membership.ts";
import { bridges as bridgesOver } from "./bridges.ts";
import { natsWire } from "./connection.ts";
import { heldRooms } from "./held-rooms.ts";
import { leaseKeeper } from "./lease-keeper.ts";
import { parsed, Told, written } from "./messages.ts";
import { sharedEvents } from "./shared-events.ts";
import { sharedRooms } from "./shared-rooms.ts";

/** Of what processes say to each other. Those of different versions do not hear each other: their agents come to one or the other all the same. */
const VERSION = 1;
const LOOK_MS = 5_000;

/** This process as one of several that share a database, joined by NATS: rooms, events and viewers of all of them. */
export async function cluster(urls: string[], keys: Keys, log: Log, services: () => Services): Promise<Membership> {
  const { id } = await identity(keys.master);
  const name = createHash("sha256").update(id).digest("hex").slice(0, 32);
  const key = new Uint8Array(await derive(keys.master, "control planes"));
  const wire = await natsWire(urls, `appos.${name}.${VERSION}`, key, log);
  const bridges = bridgesOver(wire);
  const elsewhere: Elsewhere = {
    alive: (serverId) => rooms.alive(serverId),
    joined(serverId, epoch) {
      held.joined(serverId);
      bridges.moved(serverId);
      wire.say("all", written({ type: "joined", serverId, epoch } satisfies Told));
    },
    left: (serverId) => held.left(serverId),
  };
  const local = roomMap(services, elsewhere);
  const held = heldRooms(local, wire, bridges, log);
  const rooms = sharedRooms(local, wire, bridges, log);
  const events = sharedEvents(wire);
  wire.hear("all", (bytes) => {
    const told = parsed(Told, bytes);
    if (!told) return;
    if (told.type === "revoked")
      return void local
        .revoke(told.serverId, told.upTo)
        ?.catch((error: unknown) => log.error("a room failed", { error: errorText(error) }));
    local.outdated(told.serverId, told.epoch);
    bridges.moved(told.serverId);
  });
  await wire.settled();
  /** Without NATS nobody is told that there is work: everybody looks. */
  const look = () =>
    void services()
      .jobs.wakeAll()
      .catch((error: unknown) => log.debug("nobody could look for work", { error: errorText(error) }));
  let looks: NodeJS.Timeout | undefined;
  let stopping = false;
  void wire.closed().then((why) => {
    if (stopping) return;
    log.error("NATS has ended the connection for good: AppOS ends, and connects again when it is started again", { why: String(why) });
    process.exit(1);
  });
  let leases: ReturnType<typeof leaseKeeper> | undefined;
  const keeper = () => (leases ??= leaseKeeper(services().servers.leases, local, log));

  return {
    holder: wire.id,
    rooms: rooms.port,
    events,
    local: { ...local, watch: rooms.watch },
    async begin() {
      await keeper().begin();
      wire.watch((up) => up && look());
      looks = setInterval(() => wire.isUp() || look(), LOOK_MS);
    },
    isFirst: () => services().servers.leases.isFirst(),
    stop: () => keeper().stop(),
    async close() {
      stopping = true;
      clearInterval(looks);
      events.close();
      bridges.close();
      await wire.close();
    },
  };
}
