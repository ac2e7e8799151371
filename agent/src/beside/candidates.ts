import type { ProxyModel } from "@appos/shared/sites";
import { appFolder, type ReleaseFiles } from "../jobs/app-folder.ts";
import { readCanonical } from "../jobs/canonical.ts";
import type { JobContext } from "../jobs/job.ts";
import { serviceSums } from "../jobs/service-sums.ts";
import type { Container, Machine } from "../machine/machine.ts";
import { map, type Part, text } from "../policy-model.ts";
import { replicasOf } from "../policy.ts";
import { chosenText } from "../proxy/choices.ts";
import { driverFor } from "../proxy/drivers.ts";
import { proxyFolder } from "../proxy/proxy-folder.ts";
import { proxyModel } from "../proxy/proxy-model.ts";
import { runsWhere } from "../proxy/where.ts";
import type { Slot } from "../proxy/slots.ts";
import { findTargets, takeSlots } from "../proxy/targets.ts";
import { inBetween } from "./depends.ts";
import { inTheWay } from "./in-the-way.ts";

/** A service whose next containers can run beside those that serve. */
export interface Candidate {
  project: string;
  service: string;
  /** Those that serve. */
  old: Container[];
  /** In which network the proxy reaches them, and at which ports. */
  network: string;
  ports: number[];
}

/** It goes over to its next containers. */
export interface Turn extends Candidate {
  to: Slot;
  drainMs: number;
  proxy: string;
  next: Container[];
}

export interface Candidates {
  candidates: Candidate[];
  model: Part;
  /** The proxy's container, or the server where it runs on that itself. */
  proxy: string;
}

/** Services of a release that domains lead to, that run, and of which other containers are to be made: why of some there cannot be two is said. */
export async function findCandidates(project: ReleaseFiles, context: JobContext): Promise<Candidates | undefined> {
  const { machine, say } = context;
  const found = await ledServices(project.name, machine);
  const text = found && (await machine.files.read(project.canonical));
  if (!found || text === undefined) return undefined;
  const model = readCanonical(text);
  const containers = (await machine.engine.containers({ project: project.name })).filter(({ oneOff }) => !oneOff);
  const changed = await changedServices(project, model, containers, context);
  const reasons = new Map<string, string>();
  let candidates: Candidate[] = [];
  for (const { service, ports, network, isKnown } of found.led) {
    const old = containers.filter(({ status }) => status.service === service);
    if (!changed.has(service) || network === undefined || !old.some(({ status }) => status.state === "running")) continue;
    const candidate = { project: project.name, service, old, network, ports };
    const reason = isKnown
      ? await whyNot(candidate, model, machine)
      : "the proxy does not know its containers by names that it could change";
    if (reason) reasons.set(service, reason);
    else candidates.push(candidate);
  }
  for (let found = between(candidates, model); found; found = between(candidates, model)) {
    const { service, waiting } = found;
    reasons.set(service, `${waiting}, which another one that changes waits for, waits for it`);
    candidates = candidates.filter((each) => each.service !== service);
  }
  for (const [service, reason] of reasons) say.note(`${service} is stopped before its next container starts: ${reason}.`);
  return { candidates, model, proxy: found.proxy };
}

const between = (candidates: Candidate[], model: Part) =>
  inBetween(
    candidates.map(({ service }) => service),
    model,
  );

async function whyNot({ service, old, network }: Candidate, model: Part, machine: Machine) {
  const definition = map(map(model.services)[service]);
  if (old.length !== replicasOf(definition)) return "its number of containers changes";
  const networks = Object.keys(map(definition.networks)).map((key) => map(map(model.networks)[key]).name);
  if (!networks.includes(network)) return `it is not in the network ${network} any more`;
  return inTheWay(service, model, await declared(service, model, old, machine));
}

interface LedService {
  service: string;
  ports: number[];
  network: string | undefined;
  /** As it serves now, the proxy can go from one slot to the other with it. */
  isKnown: boolean;
}

/** The services of a project that the proxy leads to; undefined where there is none, or no proxy that runs. */
async function ledServices(project: string, machine: Machine): Promise<{ led: LedService[]; proxy: string } | undefined> {
  const model = await modelOf(project, machine);
  const driver = model && driverFor(model);
  if (!driver) return undefined;
  const proxy = await runsWhere(model, machine);
  if (!proxy) return undefined;
  const { resolved, led } = await findTargets(model, machine);
  // What was seen to serve: what it is just being told may yet be put back.
  const config = (await machine.files.read(proxyFolder(machine, driver).good)) ?? "";
  const routes = resolved.sites.flatMap(({ routes: its }, i) => its.map((route, j) => ({ ...route, target: model.sites[i]!.routes[j]! })));
  const services = led.map(async ({ service, network }): Promise<LedService> => {
    const its = routes.filter(({ target }) => target.service === service);
    const ports = [...new Set(its.map(({ target }) => target.port))];
    const known = config + ((await chosenText({ project, service }, driver, machine)) ?? "");
    const isKnown = its.every(({ beside, upstreams }) => {
      // One that knows them by their addresses is told anew whom to send requests to, whatever it knew.
      if (model.place === "host") return true;
      const words = beside ? [beside.file, ...[...upstreams, ...beside.upstreams].map(({ host }) => host)] : [];
      return beside !== null && words.every((word) => mentions(known, word));
    });
    return { service, ports, network, isKnown };
  });
  return { led: await Promise.all(services), proxy: "acts" in proxy ? "host" : proxy.id };
}

/** As a word of its own. */
function mentions(config: string, word: string): boolean {
  const ends = config.split(word).slice(1);
  return ends.some((rest) => !/^[\w.-]/.test(rest));
}

/** What the proxy serves of a project; undefined where that is nothing. */
async function modelOf(project: string, machine: Machine): Promise<ProxyModel | undefined> {
  const model = await proxyModel(machine);
  if (!model) return undefined;
  const names = [...new Set(model.sites.flatMap(({ routes }) => routes.map(({ app }) => app)))];
  const folders = await Promise.all(names.map((name) => appFolder(machine, name).catch(() => undefined)));
  const its = new Set(folders.flatMap((folder) => (folder?.project === project ? [folder.name] : [])));
  if (its.size === 0) return undefined;
  const ofApps = model.sites.filter(({ console }) => !console);
  return { ...model, sites: ofApps.map((site) => ({ ...site, routes: site.routes.filter(({ app }) => its.has(app)) })) };
}

/** Containers that Compose made in the place of others go by its names: by ours, the proxy finds them at once. */
export async function keepSlots(project: string, machine: Machine): Promise<void> {
  const model = await modelOf(project, machine);
  if (model) await takeSlots(model, machine);
}

/** Those that Compose would make anew: the sum of their definition, or the image behind its name, is another one. */
async function changedServices(project: ReleaseFiles, model: Part, containers: Container[], context: JobContext) {
  const sums = await serviceSums(project, context);
  const services = Object.entries(map(model.services));
  const images = await context.machine.engine.images(services.map(([, definition]) => text(map(definition).image)));
  const isOther = (service: string, definition: Part) => {
    const image = images.get(text(definition.image))?.id;
    const its = containers.filter(({ status }) => status.service === service);
    return its.some(({ configHash, imageId }) => configHash !== sums.get(service) || (image !== undefined && imageId !== image));
  };
  return new Set(services.flatMap(([service, definition]) => (isOther(service, map(definition)) ? [service] : [])));
}

/** Paths that the images of now and then declare to be volumes. */
async function declared(service: string, model: Part, old: Container[], { engine }: Machine) {
  const images = [text(map(map(model.services)[service]).image), ...old.map(({ imageId }) => imageId)];
  const facts = await engine.imageFacts([...new Set(images)]);
  return [...new Set([...facts.values()].flatMap(({ volumes }) => volumes))];
}
