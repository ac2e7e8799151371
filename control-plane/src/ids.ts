import { monotonicFactory, type ULIDFactory } from "ulid";
import type { Clock } from "./ports.ts";

/** What was made last is remembered with the clock it was made by: a control plane in a simulation knows nothing of the one before. */
const ulids = new WeakMap<Clock, ULIDFactory>();

/** The noun it names, then a ULID: ids made later sort later. */
export function newId(
  noun: "usr" | "tok" | "enr" | "srv" | "app" | "job" | "dep" | "act" | "prj" | "reg" | "src" | "term" | "dom" | "crt" | "adr" | "dns",
  clock: Clock,
) {
  const ulid = ulids.get(clock) ?? monotonicFactory();
  ulids.set(clock, ulid);
  return `${noun}_${ulid(clock.now()).toLowerCase()}`;
}
