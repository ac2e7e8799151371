import type { AcmeAuthority, ProxyModel, SiteRoute } from "@appos/shared/sites";
import type { AddressTarget } from "@appos/shared/target-address";
import { appFolder } from "../jobs/app-folder.ts";
import { sha256 } from "../jobs/config-files.ts";
import type { Container, Machine } from "../machine/machine.ts";
import { addressTargets } from "./address-targets.ts";
import { proxyProject } from "./proxy-folder.ts";
import { addressesOf } from "./installed/addresses.ts";
import { hostPlaces } from "./installed/on-host.ts";
import { installedAs } from "./installed/programs.ts";
import { proxyId } from "./proxy-id.ts";
import { driverFor } from "./drivers.ts";
import type { Resolved, ResolvedRoute } from "./resolved.ts";
import { changeOf, liveSlot, slotFile, type Slotted, slotNames, takeSlot } from "./slots.ts";

/** Of Docker itself: there, containers do not know each other by name. */
const builtIn = new Set(["bridge", "host", "none"]);

/** So much of a container's id is a name of it in all of its networks, and of no other one. */
const SHORT = 12;

/** The model with its targets found, and the networks in which they are reached. */
export interface Found {
  resolved: Resolved;
  networks: string[];
  /** The services that a domain leads to; the network is undefined where none of their containers is reached. */
  led: (Slotted & { network?: string | undefined })[];
  /** Sites that lead to an address, and may not or cannot just now. */
  unreached: { name: string; problem: string }[];
}

type Here = Pick<Machine, "engine" | "folder" | "files" | "proxy" | "shown" | "hostCaddy" | "names" | "ownPlaces" | "now">;

/** A service that a domain leads to, with its containers. */
interface Led extends Slotted {
  containers: Container[];
}

/** Looks up the containers of every target. A service that has none gets none: its site says so to visitors. */
export async function findTargets(
  { acme, sites, driver, place }: Pick<ProxyModel, "acme" | "sites" | "driver" | "place">,
  machine: Here,
): Promise<Found> {
  const led = await ledServices(sites, machine);
  const networks = new Set<string>();
  const inLowerCase = driverFor({ driver, place }).asksInLowerCase === true;
  const hosts = (each: Led) => (place === "host" ? addressesOf(each, machine) : hostsOf(each, inLowerCase, machine));
  const upstreams = new Map(await Promise.all([...led].map(async ([key, each]) => [key, await hosts(each)] as const)));

  function route({ app, service, port, path }: SiteRoute): ResolvedRoute {
    const { hosts = [], beside = null, of, network } = upstreams.get(`${app} ${service}`) ?? {};
    if (network !== undefined) networks.add(network);
    const toPort = (host: string) => ({ host, port });
    return {
      path,
      upstreams: hosts.map(toPort),
      beside: beside && { file: beside.file, upstreams: beside.hosts.map(toPort) },
      ...(of !== undefined && { of }),
    };
  }

  const addresses = await addressTargets(sites, machine);
  const unreached: Found["unreached"] = [];
  function toAddress(name: string, { host, port }: AddressTarget): ResolvedRoute[] {
    const found = addresses.get(host)!;
    if ("problem" in found) unreached.push({ name, problem: found.problem });
    return [{ path: "/", upstreams: "address" in found ? [{ host: found.address, port }] : [], beside: null }];
  }

  const found = sites.map(({ routes, address, ...site }) => ({
    ...site,
    routes: address ? toAddress(site.name, address) : routes.map(route),
  }));
  const rootsFile = await rootsFileOf(acme);
  const around =
    place === "host"
      ? { host: await hostPlaces(installedAs({ driver }), machine) }
      : { unseen: await machine.engine.gateways(proxyProject(machine)) };
  return {
    resolved: { id: await proxyId(machine), acme: { ...acme, rootsFile }, sites: found, ...around, certificates: new Map() },
    networks: place === "host" ? [] : [...networks].sort(),
    unreached,
    led: [...led].map(([key, { project, service }]) => ({ project, service, network: upstreams.get(key)?.network })),
  };
}

/** By app and service. */
async function ledServices(sites: ProxyModel["sites"], machine: Here): Promise<Map<string, Led>> {
  const targets = sites.flatMap(({ routes }) => routes);
  const apps = await containersOf([...new Set(targets.map(({ app }) => app))], machine);
  return new Map(
    targets.flatMap(({ app, service }): [string, Led][] => {
      const found = apps.get(app);
      if (!found) return [];
      const containers = found.containers.filter(({ status }) => status.service === service);
      return [[`${app} ${service}`, { project: found.project, service, containers }]];
    }),
  );
}

/** Docker's name server finds no name with a longer part: RFC 1035. */
const LABEL = 63;

interface Hosts {
  hosts: string[];
  beside?: { file: string; hosts: string[] };
  of?: string;
  network?: string;
}

/** A service's containers by name, in the network in which they are reached: in another one, somebody else may go by the same name. */
async function hostsOf(led: Led, inLowerCase: boolean, machine: Here): Promise<Hosts> {
  const { containers } = led;
  const change = await changeOf(led, machine);
  const serving = change ? containers.filter(({ id }) => change.old.includes(id)) : containers;
  const network = (serving[0] ?? containers[0]) && nearest((serving[0] ?? containers[0])!.networks);
  if (network === undefined) return { hosts: [] };
  const inNetwork = (names: string[]) => names.map((name) => `${name}.${network}`);
  const live = await liveSlot(led, machine);
  const names = [...new Set(containers.map(({ status }) => lasting(status.container)))].sort();
  const count = change?.old.length ?? names.length;
  const isInSlot = change !== undefined || slotNames(led, live, count).every((name) => names.includes(name));
  const [a, b] = [slotNames(led, "a", count), slotNames(led, "b", count)];
  // Docker's name server tells capitals from others, and some proxies ask in lower case: those find a container by its id.
  if (inLowerCase && inNetwork(names).some((name) => /[A-Z]/.test(name)))
    return { hosts: serving.map(({ id }) => id.slice(0, SHORT)).sort(), network };
  if (!isInSlot || b.some((name) => name.length > LABEL)) return { hosts: inNetwork(names), network };
  return { hosts: inNetwork(a), beside: { file: slotFile(led), hosts: inNetwork(b) }, network };
}

/** Has the containers of every target go by the names that the proxy knows. */
export async function takeSlots({ sites }: ProxyModel, machine: Here): Promise<void> {
  for (const led of (await ledServices(sites, machine)).values()) await takeSlot(led, led.containers, machine);
}

/** Null where the authority is one that systems know. */
export async function rootsFileOf({ roots }: Pick<AcmeAuthority, "roots">): Promise<string | null> {
  return roots === null ? null : `${ROOTS}${(await sha256(new TextEncoder().encode(roots))).slice(0, 16)}.pem`;
}
export const ROOTS = "acme-roots-";

interface FoundApp {
  project: string;
  containers: Container[];
}

/** By the name of the app. An app whose files cannot be read is its own trouble: the others are served. */
async function containersOf(names: string[], machine: Here): Promise<Map<string, FoundApp>> {
  const all = Map.groupBy(await machine.engine.containers("apps"), ({ project }) => project);
  const folders = await Promise.all(names.map((name) => appFolder(machine, name).catch(() => undefined)));
  return new Map(
    folders.flatMap((folder) => {
      if (!folder) return [];
      const { name, project } = folder;
      return [[name, { project, containers: (all.get(project) ?? []).filter(({ oneOff }) => !oneOff) }]];
    }),
  );
}

/** While one container takes the place of another, Compose calls it by a name that it will not keep. */
const lasting = (container: string) => container.replace(/^[0-9a-f]{12}_/, "");

/** The project's own network, where it is in that; the proxy joins one of each. */
function nearest(networks: string[]): string | undefined {
  const own = networks.filter((network) => !builtIn.has(network)).sort();
  return own.find((network) => network.endsWith("_default")) ?? own[0];
}
