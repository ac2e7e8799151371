import { randomText } from "../../bytes.ts";
import type { Identity } from "../../identity.ts";
import type { Ports } from "../../ports.ts";
import { systemStore } from "./store.ts";

export type { Signal } from "../../ports.ts";
export type SystemService = ReturnType<typeof systemService>;

export function systemService({ database, clock, settings }: Ports, identity: Promise<Identity>) {
  const store = systemStore(database);
  const startedAt = clock.now();
  let incarnation: Promise<string> | undefined;
  return {
    version: settings.version,
    startedAt,
    localProblem: () => settings.localProblem(),
    identity: () => identity,
    incarnation: () => (incarnation ??= store.fact("incarnation", randomText(16))),
    /** Where people and agents reach AppOS: as set, or as whoever asks has reached it. Without a slash at its end. */
    publicUrl: (requestUrl: string) => (settings.publicUrl ?? new URL(requestUrl).origin).replace(/\/+$/, ""),
  };
}
