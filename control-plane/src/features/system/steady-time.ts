import type { Ports } from "../../ports.ts";
import { systemStore } from "./store.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A wall clock and a steady one that differ by more have not measured the same time. */
const TOLERANCE_MS = HOUR_MS;
/** AppOS was not running for that long, or its machine slept: nothing to wonder about. */
const USUAL_MS = 7 * DAY_MS;
const WRITE_EVERY_MS = HOUR_MS;

/** What the wall clock showed at some moment of the steady one. */
interface Moment {
  wall: number;
  elapsed: number;
}

/** The time by which what is old may go. A wall clock that has jumped is not believed, before all that is kept goes by it. */
export function steadyTime({ database, clock, log }: Pick<Ports, "database" | "clock" | "log">): () => Promise<number | undefined> {
  if (clock.sure) return async () => clock.now();
  const store = systemStore(database);
  let starting: Promise<void> | undefined;
  /** The last moment that was believed. */
  let believed: Moment;
  /** Since when the wall clock has gone steadily beside what was believed, and how long it must go on. */
  let doubted: (Moment & { forMs: number }) | undefined;
  let written: Moment | undefined;
  let warned = false;

  const moment = (): Moment => ({ wall: clock.now(), elapsed: clock.elapsed() });
  /** By how much the wall clock has gone further than the steady one. */
  const ahead = (from: Moment, { wall, elapsed }: Moment) => wall - from.wall - (elapsed - from.elapsed);
  const agree = (from: Moment, now: Moment) => Math.abs(ahead(from, now)) <= TOLERANCE_MS;

  /** What came before this start is known from the database alone; an empty one has nothing to lose. */
  async function start() {
    const now = moment();
    const wall = (await store.lastKnownTime()) ?? now.wall;
    const isUsual = wall - TOLERANCE_MS <= now.wall && now.wall <= wall + USUAL_MS;
    believed = isUsual ? now : { wall, elapsed: now.elapsed };
  }

  function doubt(now: Moment) {
    const by = ahead(believed, now);
    const isUsual = by > 0 && by <= USUAL_MS;
    doubted = { ...now, forMs: isUsual ? HOUR_MS : DAY_MS };
    if (isUsual || warned) return;
    warned = true;
    const days = Math.max(1, Math.round(Math.abs(by) / DAY_MS));
    log.warn(
      `The clock of this machine is ${days} ${days === 1 ? "day" : "days"} ${by > 0 ? "ahead of" : "behind"} the time that AppOS expected. Until it has been steady for 24 hours, nothing is removed because of its age. If the time is wrong, set it (timedatectl shows whether it is kept in step); if AppOS was not running for that long, there is nothing to do.`,
      { clock: new Date(now.wall).toISOString(), expected: new Date(now.wall - by).toISOString() },
    );
  }

  async function believe(now: Moment) {
    [believed, doubted, warned] = [now, undefined, false];
    if (written && now.elapsed - written.elapsed < WRITE_EVERY_MS) return;
    await store.set("lastTick", String(now.wall));
    written = now;
  }

  /** The time, while it can be believed. Asked for every minute. */
  return async function now(): Promise<number | undefined> {
    await (starting ??= start().catch((error: unknown) => {
      starting = undefined;
      throw error;
    }));
    const now = moment();
    if (!agree(believed, now)) {
      if (!doubted || !agree(doubted, now)) doubt(now);
      if (now.elapsed - doubted!.elapsed < doubted!.forMs) return undefined;
    }
    await believe(now);
    return now.wall;
  };
}
