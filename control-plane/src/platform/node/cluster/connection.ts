import { connect, type Msg, type NatsConnection, NoRespondersError, RequestError } from "@nats-io/transport-node";
import { errorText } from "../../../errors.ts";
import type { Log } from "../../../ports.ts";
import { placeOf } from "../place-of.ts";
import { envelope } from "./envelope.ts";
import { natsOptions } from "./nats-options.ts";

/** No frame of ours is larger once it is sealed. */
const LARGEST_BYTES = 512 * 1024;
/** What NATS has not confirmed to have taken: beyond this nothing more is said, and what was to be said is lost. */
const UNSENT_BYTES = 64 * 1024 * 1024;
const CONFIRM_EVERY_BYTES = 256 * 1024;
const FAREWELL_MS = 1_000;
const WARN_EVERY_MS = 60_000;

type Answer = (reply: Uint8Array) => void;
/** Hears what another process says; `answer` where it asks. */
export type Hear = (bytes: Buffer, from: string, answer: Answer | undefined) => void;
export type Reply = { from: string; bytes: Buffer };

/** What joins this process to the others. Whatever is said may be lost; nothing is heard twice, or out of the order in which one process said it in one place. */
export type Wire = Awaited<ReturnType<typeof natsWire>>;

/** Joins the others on NATS, everything sealed under `key`, in places named after `prefix`. Throws where NATS cannot be reached. */
export async function natsWire(urls: string[], prefix: string, key: Uint8Array, log: Log) {
  const vault = envelope(key);
  const connection = await connect(natsOptions(urls, `appos ${vault.id}`)).catch((error: unknown) => {
    throw new Error(
      `NATS cannot be reached at ${placesOf(urls)}: ${error instanceof Error ? error.message : String(error)}. Start it, or correct APPOS_NATS_URL; without that setting AppOS runs as one process.`,
    );
  });
  const most = connection.info?.max_payload ?? 0;
  if (most < LARGEST_BYTES) {
    await connection.close();
    throw new Error(`NATS at ${placesOf(urls)} takes no more than ${most} bytes at once. Set max_payload in its configuration to 1MB.`);
  }
  let up = true;
  const watchers = new Set<(up: boolean) => void>();
  /** What each process has said last in each place, also while nobody here heard it. */
  const newest = new Map<string, Map<string, number>>();
  const unsent = unsentBytes(connection);

  function changed(now: boolean) {
    if (up === now) return;
    up = now;
    if (up) log.info("NATS answers again: the other control planes can be reached");
    else
      log.error(
        `The connection to NATS at ${placesOf(urls)} is lost, and with it what goes by other control planes: terminals, live logs and news of their servers. Look whether nats-server runs and can be reached from here. Jobs go on, and AppOS connects again by itself.`,
      );
    for (const watch of watchers) watch(up);
  }
  const refused = rarely((error: Error) =>
    log.error("NATS refuses something. Its user must be allowed to publish and subscribe to appos.> and _INBOX.>", {
      error: error.message,
    }),
  );
  const foreign = rarely((subject: string) =>
    log.warn("something on NATS was not said by a control plane of ours, and is ignored. Look who else may publish there", { subject }),
  );
  async function follow() {
    for await (const status of connection.status()) {
      if (status.type === "disconnect") changed(false);
      if (status.type === "reconnect") changed(true);
      if (status.type === "error") refused(status.error);
    }
  }
  void follow();

  function say(where: string, bytes: Uint8Array, reply?: string): boolean {
    if (!up || connection.isClosed() || !unsent.hasRoom()) return false;
    const sealed = vault.seal(where, bytes);
    if (sealed.length > most) return false;
    connection.publish(where, sealed, reply === undefined ? undefined : { reply });
    unsent.add(sealed.length);
    return true;
  }

  function opened(where: string, data: Uint8Array) {
    const message = vault.open(where, data);
    if (!message) foreign(where);
    return message;
  }

  return {
    /** This process, to the others. */
    id: vault.id,
    isUp: () => up,
    /** Resolves when there is no connection any more, and none will be made. */
    closed: () => connection.closed(),
    /** Told of each loss of the connection, and of each return. */
    watch(watch: (up: boolean) => void) {
      watchers.add(watch);
    },
    /** Says something to whoever hears in that place. False where it cannot be said now. */
    say: (place: string, bytes: Uint8Array) => say(`${prefix}.${place}`, bytes),
    /** Asks whoever hears in that place: the first answer, "nobody" where none does, undefined where none came in time. */
    async ask(place: string, bytes: Uint8Array, timeout: number): Promise<Reply | "nobody" | undefined> {
      const where = `${prefix}.${place}`;
      if (!up) return undefined;
      try {
        const { subject, data } = await connection.request(where, vault.seal(where, bytes), { timeout });
        return opened(subject, data);
      } catch (error) {
        const isNobody = error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders());
        return isNobody ? "nobody" : undefined;
      }
    },
    /** Hears what others say in a place, until the answer is called. */
    hear(place: string, hear: Hear) {
      const where = `${prefix}.${place}`;
      const last = newest.get(place) ?? new Map<string, number>();
      newest.set(place, last);
      const callback = (error: Error | null, { data, reply }: Msg) => {
        const message = error ? undefined : opened(where, data);
        // What somebody has recorded and says again counts for nothing.
        if (!message || message.number <= (last.get(message.from) ?? 0)) return;
        last.set(message.from, message.number);
        try {
          hear(message.bytes, message.from, reply ? (bytes) => void say(reply, bytes) : undefined);
        } catch (failure) {
          log.error("what another control plane said could not be handled", { error: errorText(failure) });
        }
      };
      const subscription = connection.subscribe(where, { callback });
      return () => subscription.unsubscribe();
    },
    /** Resolves once NATS knows what is heard here, and has taken what was said. */
    settled: () => connection.flush(),
    /** What was said before is on its way, where anybody takes it. */
    async close() {
      watchers.clear();
      const said = up ? connection.flush().catch(() => {}) : undefined;
      await Promise.race([said, new Promise<void>((go) => setTimeout(go, FAREWELL_MS).unref())]);
      await connection.close();
    },
  };
}

/** How much was said that NATS has not taken yet. */
function unsentBytes(connection: NatsConnection) {
  let bytes = 0;
  let asking = false;
  async function confirm() {
    asking = true;
    while (bytes > CONFIRM_EVERY_BYTES) {
      const before = bytes;
      // Where the connection is lost, so is what was on its way.
      await connection.flush().catch(() => {});
      bytes -= before;
    }
    asking = false;
  }
  return {
    hasRoom: () => bytes < UNSENT_BYTES,
    add(more: number) {
      bytes += more;
      if (!asking && bytes > CONFIRM_EVERY_BYTES) void confirm();
    },
  };
}

/** Once a minute at most. */
function rarely<T>(say: (about: T) => void) {
  let saidAt = -Infinity;
  return (about: T) => {
    if (performance.now() - saidAt < WARN_EVERY_MS) return;
    saidAt = performance.now();
    say(about);
  };
}

const placesOf = (urls: string[]) => urls.map(placeOf).join(", ");
