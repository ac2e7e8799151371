import type { Certificate, ProxyModel, SiteState } from "@appos/shared/sites";
import type { Machine } from "../machine/machine.ts";
import { certificateProblems, waitsInDns } from "./certificates.ts";
import type { Driver } from "./driver.ts";
import type { Preflight } from "./diagnosis/preflight.ts";
import { driverFor } from "./drivers.ts";
import type { Installed } from "./installed/installed.ts";
import { installedAs } from "./installed/programs.ts";
import { lastLines } from "./log-lines.ts";
import { visitAll } from "./probes.ts";
import { proxyModel } from "./proxy-model.ts";
import { runsWhere, type Where } from "./where.ts";
import { namesOf } from "./resolved.ts";

/** So many apps are asked side by side, for they may be one; and so many lines of what the proxy has said are looked through. */
const [AT_ONCE, LINES] = [4, 5_000];

/** How the proxy serves what it was last asked for; none where it serves nothing. */
export async function siteStates(machine: Machine, preflight?: Preflight): Promise<SiteState[]> {
  const model = await proxyModel(machine);
  const driver = model && driverFor(model);
  if (!driver) return [];
  const container = await runsWhere(model, machine);
  if (!container) return model.sites.map(model.place === "host" ? stopped(installedAs(model)) : unserved);
  return statesOf(model, { driver, container, machine }, preflight && ((name, inDns) => preflight(name, model.acme, inDns)));
}

interface Seen {
  driver: Driver;
  container: Where;
  machine: Machine;
}

/** How the proxy serves each site, as a visitor on the server itself sees it. `found`: what keeps a certificate from coming, where its authority has said nothing. */
export async function statesOf(
  { sites }: Pick<ProxyModel, "sites">,
  { driver, container, machine }: Seen,
  found: (name: string, inDns: boolean) => string | undefined = () => undefined,
): Promise<SiteState[]> {
  const visited = await visitAll(
    sites.map(({ name, https }) => ({ name, https: https !== "off" })),
    "/",
    AT_ONCE,
    machine,
  );
  const waiting = await Promise.all(sites.map((site) => waitsInDns(site, machine)));
  const seen = visited.map((each, i) => (waiting[i] ? { status: null, certificate: null } : each));
  const now = machine.now();
  // Who renews them here knows of what went wrong with that, too.
  const isGotHere = (site: (typeof sites)[number]) => driver.certificatesBy === "agent" || isInDns(site);
  const mayFail = (site: (typeof sites)[number], i: number) =>
    site.https === "acme" && (isGotHere(site) || site.alias !== null || isDue(seen[i]!.certificate, now));
  const asked = sites.filter(mayFail);
  const lines = () => lastLines(container, LINES, machine);
  const [inDns, others] = [asked.filter(isInDns), asked.filter((site) => !isInDns(site))];
  const problems = new Map([
    ...(await certificateProblems(inDns.flatMap(namesOf), { machine })),
    ...(others.length > 0 ? await driver.certificateProblems(others.flatMap(namesOf), { machine, lines }) : []),
  ]);
  const problemOf = ({ name, alias }: (typeof sites)[number]) => problems.get(name) ?? (alias === null ? undefined : problems.get(alias));
  return sites.map((site, i) => ({
    name: site.name,
    certificate: seen[i]!.certificate,
    certificateProblem:
      (mayFail(site, i) && (problemOf(site) ?? (seen[i]!.certificate === null ? found(site.name, isInDns(site)) : undefined))) || null,
    status: seen[i]!.status,
  }));
}

const isInDns = ({ dnsProviderId }: ProxyModel["sites"][number]) => dnsProviderId !== undefined;

/** Whoever may answer at its ports, it is not the proxy. */
const unserved = ({ name }: { name: string }): SiteState => ({
  name,
  certificate: null,
  certificateProblem: "The proxy of its server is not running.",
  status: null,
});

const stopped =
  ({ title, unit }: Installed) =>
  (site: { name: string }): SiteState => ({
    ...unserved(site),
    certificateProblem: `${title} of this server is not running. Start it with: systemctl start ${unit}`,
  });

/** It is still to come, or is to be renewed: proxies do that when a third of its time is left. */
const isDue = (certificate: Certificate | null, now: number) =>
  certificate === null || certificate.notAfter - now < (certificate.notAfter - certificate.notBefore) / 3;
