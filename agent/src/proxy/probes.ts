import type { ProxyModel, Site } from "@appos/shared/sites";
import { PROXY_PATH } from "@appos/shared/site-check";
import { askedFor } from "@appos/shared/wildcards";
import type { Machine, Visited } from "../machine/machine.ts";

/** Something that a visitor could ask the proxy for. */
export interface Probe {
  name: string;
  https: boolean;
}
/** What has to answer after a change: all of `after`; and of `before`, what answered before it. */
export interface Probes {
  before: Probe[];
  after: Probe[];
}

/** What every proxy answers by itself, for any name. */
export const PROBE_PATH = PROXY_PATH;
/** So many are asked for side by side; and so many sites are looked at that have not changed. */
const [AT_ONCE, OTHERS] = [20, 20];

/**
 * What is looked at when one model takes the place of another: each site that is new or another, and some of the rest. Whatever a site is,
 * the proxy answers for it over HTTP; over HTTPS only where it has a certificate, which one that an authority is to be asked for has to get first.
 */
export function probesOf(before: ProxyModel | undefined, after: ProxyModel): Probes {
  const was = new Map((before?.sites ?? []).map((site) => [site.name, site]));
  const isSame = (site: Site) => JSON.stringify(was.get(site.name)) === JSON.stringify(site);
  const changed = after.sites.filter((site) => !isSame(site));
  const others = after.sites.filter(isSame).slice(0, OTHERS);
  const isSecure = (site: Site | undefined) => site !== undefined && site.https !== "off";
  const secure = [...changed, ...others].filter((site) => isSecure(site) && isSecure(was.get(site.name)));
  /** Their certificates are there already. */
  const given = changed.filter(({ https }) => https === "own" || https === "internal");
  return {
    before: [...secure.map(({ name }) => ({ name, https: true })), ...others.map(({ name }) => ({ name, https: false }))],
    after: [...changed.map(({ name }) => ({ name, https: false })), ...given.map(({ name }) => ({ name, https: true }))],
  };
}

/** What is answered for each of these at a path, in their order; so many are asked side by side. */
export async function visitAll(probes: readonly Probe[], path: string, atOnce: number, { visit, proxy }: Machine): Promise<Visited[]> {
  const seen: Visited[] = [];
  for (let from = 0; from < probes.length; from += atOnce) {
    const group = probes.slice(from, from + atOnce);
    seen.push(
      ...(await Promise.all(
        group.map(({ name, https }) => visit({ name: askedFor(name), https, path, port: https ? proxy.https : proxy.http })),
      )),
    );
  }
  return seen;
}

/** Whether the proxy answers for each of these, whatever their apps do. */
export const probeAll = (probes: readonly Probe[], machine: Machine) => visitAll(probes, PROBE_PATH, AT_ONCE, machine);
