import type { AgentFrame } from "@appos/shared/agent-link";
import type { SiteState } from "@appos/shared/sites";
import { fits } from "../inventory-news.ts";
import type { Machine } from "../machine/machine.ts";
import { naps } from "../naps.ts";
import { preflights } from "./diagnosis/preflight.ts";
import { siteStates } from "./states.ts";

/** How soon it is looked again: for a certificate that is to come, or an app that does not answer, at first every so often, then ever less; otherwise now and then. */
const [SOON_MS, LATER_MS, SELDOM_MS] = [1_000, 60_000, 10 * 60_000];

/** Says how the proxy serves its sites, first of all and whenever that changes, for as long as a link is open. */
export function sitesNews(machine: Machine, send: (frame: AgentFrame) => void, signal: AbortSignal) {
  const { nap, wake } = naps(machine, signal);
  let told: string | undefined;
  let wait = SOON_MS;
  const preflight = preflights(machine);

  async function tell(): Promise<boolean> {
    const sites = await siteStates(machine, preflight);
    const text = JSON.stringify(sites);
    if (text !== told && !signal.aborted) for (const frame of framesOf(sites)) send(frame);
    told = text;
    return sites.some(isUnsettled);
  }

  async function go() {
    while (!signal.aborted) {
      // What could not be told now, as while Docker is away, may be told soon.
      const isWaiting = await tell().catch(() => true);
      await nap(isWaiting ? wait : SELDOM_MS);
      wait = Math.min(wait * 2, LATER_MS);
    }
  }

  return {
    begin: () => void go(),
    /** A job has changed what the proxy serves or leads to, or how a site answers. */
    changed() {
      wait = SOON_MS;
      wake();
    },
  };
}

/** A certificate or an app is to come, as after a deployment, which may have ended just before the proxy found its containers. */
const isUnsettled = ({ certificate, status }: SiteState) => (status === null ? certificate === null : status >= 500);

/** One frame, or where that would be too large, several that are not. */
export function framesOf(sites: SiteState[], whole = true): AgentFrame[] {
  const frame: AgentFrame = { type: "sites", sites, whole };
  if (sites.length < 2 || fits(JSON.stringify(frame))) return [frame];
  const half = Math.ceil(sites.length / 2);
  return [...framesOf(sites.slice(0, half), false), ...framesOf(sites.slice(half), false)];
}
