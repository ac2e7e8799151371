import type { ServerSample } from "@appos/shared/servers";
import type { Settings } from "../ports.ts";

/** For so long an agent says how its server is doing once somebody has looked. */
const WATCH_MS = 5 * 60_000;
/** What is older says nothing of now. */
const FRESH_MS = 30_000;
/** An agent that is asked answers within this time, or later. */
const ANSWER_MS = 700;

/** How one server is doing, as its agent said last; where that is said only to whoever asks, it is asked for. */
export function roomSample(samples: Settings["samples"], now: () => number, watch: (forMs: number) => void) {
  let last: { sample: ServerSample; at: number } | undefined;
  let watchedUntil = -Infinity;
  let heard = () => {};
  return {
    came(sample: ServerSample) {
      last = { sample, at: now() };
      heard();
    },
    async latest(): Promise<ServerSample | undefined> {
      if (samples === "always") return last?.sample;
      const isWatched = now() < watchedUntil;
      if (now() > watchedUntil - WATCH_MS / 2) {
        watchedUntil = now() + WATCH_MS;
        watch(WATCH_MS);
      }
      // Only whoever looks first waits: an agent that says nothing then has nothing to say.
      if (!isWatched) {
        const answered = new Promise<void>((done) => (heard = done));
        await Promise.race([answered, new Promise<void>((done) => setTimeout(done, ANSWER_MS))]);
      }
      return last && now() - last.at <= FRESH_MS ? last.sample : undefined;
    },
  };
}
