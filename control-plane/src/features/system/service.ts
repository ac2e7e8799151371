import { randomText } from "../../bytes.ts";
import type { Identity } from "../../identity.ts";
import type { Ports } from "../../ports.ts";
import { steadyTime } from "./steady-time.ts";
import { systemStore } from "./store.ts";

export type { Signal } from "../../ports.ts";
export type SystemService = ReturnType<typeof systemService>;

/** `consoleUrl`: where the console is served at an address of its own. */
export function systemService(ports: Ports, identity: Promise<Identity>, consoleUrl: () => Promise<string | undefined>) {
  const { database, clock, settings } = ports;
  const store = systemStore(database);
  const startedAt = clock.now();
  /** AppOS as whoever asks has reached it, or as it was set. Without a slash at its end. */
  const ownUrl = (requestUrl: string) => (settings.publicUrl ?? new URL(requestUrl).origin).replace(/\/+$/, "");
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
    ownUrl,
    /** Whether whoever asks can keep a secret that goes over HTTPS only. */
    isSecure: (requestUrl: string) => [ownUrl(requestUrl), requestUrl].some((url) => url.startsWith("https:")),
    /** Where people and agents are told to go: as set; at the console's own address, where it has one that is served; or as whoever asks has reached it. */
    publicUrl: async (requestUrl: string) => (settings.publicUrl === undefined && (await consoleUrl())) || ownUrl(requestUrl),
  };
}
