import { errorText } from "../../../errors.ts";
import type { Rooms } from "../../../live/rooms.ts";
import type { Log } from "../../../ports.ts";
import type { Services } from "../../../services.ts";

const RENEW_MS = 10_000;
/** Where the database does not answer it is asked again sooner. */
const AGAIN_MS = 2_000;
const ANSWER_MS = 8_000;
/** Who has not been there for so long itself does not know who else is. */
const STEADY_MS = 30_000;

type Leases = Services["servers"]["leases"];

/** Keeps this process's lease, and looks after what those leave behind whose leases have run out. */
export function leaseKeeper(leases: Leases, rooms: Rooms, log: Log) {
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  /** Since when every renewal was in time; undefined while the database does not answer. */
  let steadySince: number | undefined = performance.now();

  async function keep() {
    if (!(await leases.renew())) {
      log.warn(
        "this control plane did not renew its lease in time, and another one has taken its servers for away: their agents are asked to connect anew",
      );
      for (const { serverId } of rooms.links()) rooms.dismiss(serverId, "This control plane was away");
    }
    const began = performance.now();
    steadySince ??= began;
    if (began - steadySince >= STEADY_MS) await leases.takeOver();
    await lookAtLinks();
  }

  /** What was said of a link and lost shows itself here: that there is a newer one elsewhere, or that its server was removed. */
  async function lookAtLinks() {
    const before = rooms.links();
    if (before.length === 0) return;
    const held = new Map((await leases.held()).map(({ serverId, epoch }) => [serverId, epoch]));
    for (const { serverId, epoch } of before) if (held.get(serverId) !== epoch) rooms.outdated(serverId, epoch + 1);
  }

  /** Whoever watches the database says so; here it only counts that nobody can know who else is there. */
  function failed(error: unknown) {
    steadySince = undefined;
    log.debug("the lease could not be renewed", { error: errorText(error) });
  }

  async function turn() {
    const slow = AbortSignal.timeout(ANSWER_MS);
    const late = new Promise<never>((_, reject) =>
      slow.addEventListener("abort", () => reject(new Error(`It has not answered for ${ANSWER_MS / 1_000} seconds.`))),
    );
    await Promise.race([keep(), late]).catch(failed);
    if (!stopping) timer = setTimeout(() => void turn(), steadySince === undefined ? AGAIN_MS : RENEW_MS);
  }

  return {
    async begin() {
      await leases.begin();
      await turn();
    },
    /** What this process held is given back at once. */
    async stop() {
      stopping = true;
      clearTimeout(timer);
      const done = leases.giveBack().catch((error: unknown) => log.warn("the lease could not be given back", { error: errorText(error) }));
      await Promise.race([done, new Promise<void>((go) => setTimeout(go, 2_000).unref())]);
    },
  };
}
