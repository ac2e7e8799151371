import { randomText } from "../../bytes.ts";
import type { Identity } from "../../identity.ts";
import type { Ports } from "../../ports.ts";
import { steadyTime } from "./steady-time.ts";
import { systemStore } from "./store.ts";

export type { Signal } from "../../ports.ts";
export type SystemService = ReturnType<typeof systemService>;

export function systemService(ports: Ports, identity: Promise<Identity>) {
  const { database, clock, settings } = ports;
  const store = systemStore(database);
  const startedAt = clock.now();
  return {
    version: settings.version,
    startedAt,
    localProblem: () => settings.localProblem(),
    samples: settings.samples,
    identity: () => identity,
    /** The time by which what is old may go; undefined while the clock cannot be believed. */
    steadyNow: steadyTime(ports),
    /** This database's lifetime, and the number of the last job from before it. */
    async incarnation(): Promise<{ id: string; since: number }> {
      const [id, since] = (await store.fact("incarnation", `${randomText(16)} 0`)).split(" ");
      return { id: id!, since: Number(since ?? 0) };
    },
    /** This database turned out to be an older copy of itself: a new lifetime begins, in which nothing older is ordered. */
    beginAnew: async (lastNumber: number) => void (await store.set("incarnation", `${randomText(16)} ${lastNumber}`)),
    /** Where people and agents reach AppOS: as set, or as whoever asks has reached it. Without a slash at its end. */
    publicUrl: (requestUrl: string) => (settings.publicUrl ?? new URL(requestUrl).origin).replace(/\/+$/, ""),
  };
}
