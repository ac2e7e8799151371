import type { JobContext } from "../jobs/job.ts";
import { keepLog } from "../log-archive/keep.ts";
import type { Container } from "../machine/machine.ts";
import { map, type Part, text } from "../policy-model.ts";
import { DRAIN_LABEL } from "./labels.ts";

/** How long what is open may go on, where nobody says: websockets, downloads, long answers. */
export const USUAL_DRAIN_MS = 30_000;
/** What puts a release back, or starts an app, has ten minutes in all. */
const LONGEST_MS = 5 * 60_000;
/** A request may have been about to go to them. */
const [FIRST_MS, LOOK_MS] = [1_000, 250];
/** Where nobody can see whether something is open. */
const UNSEEN_MS = 10_000;

/** As the service's label says it: `90s`, `5m`. Undefined where that cannot be read. */
export function drainMs({ labels }: Part): number | undefined {
  const said = map(labels)[DRAIN_LABEL];
  if (said === undefined) return USUAL_DRAIN_MS;
  const [, count = "", unit] = /^(\d{1,4})\s*(s|m)$/.exec(text(said)) ?? [];
  return unit === undefined ? undefined : Math.min(Number(count) * (unit === "m" ? 60_000 : 1_000), LONGEST_MS);
}

interface Retiring {
  service: string;
  ports: readonly number[];
  drainMs: number;
  /** The proxy's container, or the server where it runs on that itself. */
  proxy: string;
}

/** Ends containers that nothing is sent to any more, once nothing is open there, or it was waited for long enough. Their logs are kept. */
export async function retire(containers: readonly Container[], { service, ports, drainMs: limit, proxy }: Retiring, context: JobContext) {
  const { machine, say, signal } = context;
  const until = machine.elapsed() + limit;
  let told = false;
  // Who cancels it now does not wait for what is open: others serve already.
  const wait = (ms: number) => machine.sleep(ms, signal).catch(() => undefined);
  await wait(Math.min(FIRST_MS, limit));
  while (!signal.aborted) {
    const open = await openTo(containers, ports, proxy, context);
    const left = (open === undefined ? Math.min(until, machine.elapsed() + UNSEEN_MS) : until) - machine.elapsed();
    if (open === 0 || left <= 0) break;
    if (!told) say.note(`${service}: up to ${Math.ceil(left / 1_000)} s for what is still open to what served before.`);
    told = true;
    if (open === undefined) {
      await wait(left);
      break;
    }
    await wait(LOOK_MS);
  }
  for (const container of containers) await end(container, context);
}

async function openTo(containers: readonly Container[], ports: readonly number[], proxy: string, { machine }: JobContext) {
  const counts = await Promise.all(containers.map(({ id }) => machine.engine.openConnections(id, ports, proxy).catch(() => 0)));
  return counts.includes(undefined) ? undefined : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

/** It may have gone by itself. */
export async function end(container: Container, { machine }: JobContext) {
  await machine.engine.stop(container.id).catch(() => undefined);
  await keepLog(machine, container);
  await machine.engine.removeContainer(container.id);
}
