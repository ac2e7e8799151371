import { ACTS_AT_ONCE, type HostAct } from "@appos/shared/host-acts";
import type { Send } from "../runner.ts";
import type { ActLog, KeptAct } from "./act-log.ts";

export type ActReport = ReturnType<typeof actReport>;

/** Tells the control plane of every act that has ended, again over each link, until it says that it holds it. */
export function actReport(log: ActLog, now: () => number) {
  let send: Send | undefined;

  function tell(acts: KeptAct[]) {
    const ended = acts.flatMap((act) => told(act, now()) ?? []);
    for (let from = 0; from < ended.length; from += ACTS_AT_ONCE)
      send?.({ type: "host-acts", acts: ended.slice(from, from + ACTS_AT_ONCE) });
  }

  return {
    connected(over: Send) {
      send = over;
      tell(log.all());
    },
    disconnected: () => void (send = undefined),
    /** An act has ended. */
    ended: (id: string) => tell(log.all().filter((act) => act.id === id)),
    kept: (ids: string[]) => log.kept(ids),
  };
}

function told({ at: _, ended, ...act }: KeptAct, now: number): HostAct | undefined {
  if (!ended) return undefined;
  const { at, outcome, error, release } = ended;
  return { ...act, outcome, error, release, endedMsAgo: Math.max(0, now - at) };
}
