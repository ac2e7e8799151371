import { randomText } from "../bytes.ts";
import type { Events, Signal } from "../ports.ts";

/** What a listener who was away may still catch up on. */
const KEPT = 2_000;

/** The events of one process. A listener from before it started is told to begin anew. */
export function eventLog(): Events {
  const lifetime = randomText(6);
  const kept: { number: number; signal: Signal }[] = [];
  const listeners = new Set<(signal: Signal, id: string) => void>();
  let last = 0;
  const idOf = (number: number) => `${lifetime}.${number}`;

  return {
    publish(signal) {
      last++;
      if (signal.type !== "job.said" && signal.type !== "server.sampled") kept.push({ number: last, signal });
      if (kept.length > KEPT) kept.shift();
      for (const hear of listeners) hear(signal, idOf(last));
    },
    async subscribe(after, hear) {
      if (after !== undefined) {
        const [ofLifetime, number] = after.split(".");
        const seen = Number(number);
        const known = ofLifetime === lifetime && Number.isInteger(seen) && (kept.length < KEPT || seen >= kept[0]!.number - 1);
        if (known) for (const event of kept) if (event.number > seen) hear(event.signal, idOf(event.number));
        if (!known) hear("reset", idOf(last));
      }
      listeners.add(hear);
      return () => void listeners.delete(hear);
    },
  };
}
