import { monotonicFactory } from "ulid";
import type { Clock } from "./ports.ts";

const ulid = monotonicFactory();

/** The noun it names, then a ULID: ids made later sort later. */
export const newId = (noun: "usr" | "tok" | "enr" | "srv" | "app" | "job" | "dep" | "act" | "term", clock: Clock) =>
  `${noun}_${ulid(clock.now()).toLowerCase()}`;
