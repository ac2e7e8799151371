import { eventLog } from "../../../live/events.ts";
import type { Events, Signal } from "../../../ports.ts";
import type { Wire } from "./connection.ts";
import { written } from "./messages.ts";

/** Each process says how many events it has told; one that says nothing for so long is gone, perhaps with some that nobody heard. */
const BEAT_MS = 5_000;
const SILENCE_MS = 15_000;

/** What is said: the number of the last event that this process has told, and that event; the last word of one that stops. */
interface Said {
  number: number;
  signal?: Signal;
  bye?: true;
}
interface Listener {
  hear: Parameters<Events["subscribe"]>[1];
  leave: () => void;
}

/** The events of all processes. Where some may have been lost, listeners are told to begin anew. */
export function sharedEvents(wire: Wire): Events & { close(): void } {
  let log = eventLog();
  let last = 0;
  const listeners = new Set<Listener>();
  /** What each other process has told, and when it was heard. */
  const others = new Map<string, { number: number; at: number }>();
  const say = (more: Omit<Said, "number">) => wire.say("events", written({ number: last, ...more }));

  function reset() {
    log = eventLog();
    for (const listener of listeners) {
      listener.leave();
      void join(listener, "");
    }
  }
  async function join(listener: Listener, after: string | undefined) {
    listener.leave = await log.subscribe(after, listener.hear);
  }

  wire.hear("events", (bytes, from) => {
    const { number, signal, bye } = JSON.parse(bytes.toString()) as Said;
    const before = others.get(from)?.number ?? 0;
    others.set(from, { number, at: performance.now() });
    if (number !== before + (signal ? 1 : 0)) return reset();
    if (signal) log.publish(signal);
    if (bye) others.delete(from);
  });
  wire.watch((up) => up && reset());
  const beats = setInterval(() => {
    say({});
    const gone = [...others].filter(([, { at }]) => performance.now() - at > SILENCE_MS);
    for (const [from] of gone) others.delete(from);
    if (gone.length > 0 && wire.isUp()) reset();
  }, BEAT_MS);

  return {
    publish(signal) {
      last++;
      log.publish(signal);
      say({ signal });
    },
    async subscribe(after, hear) {
      const listener: Listener = { hear, leave: () => {} };
      listeners.add(listener);
      await join(listener, after);
      return () => {
        listeners.delete(listener);
        listener.leave();
      };
    },
    close() {
      clearInterval(beats);
      say({ bye: true });
    },
  };
}
