import { composeDown } from "../commands/compose.ts";
import type { ProxyModel } from "@appos/shared/sites";
import type { Container } from "../machine/machine.ts";
import { imageFaults } from "../policy-images.ts";
import { policyInForce } from "../policy-in-force.ts";
import { DOWN_PAGES } from "../proxy/down-pages.ts";
import { answering, applyConfig } from "../proxy/apply.ts";
import { removeChoices, writeChoices } from "../proxy/choices.ts";
import { confirmed, type ProxyChange, undoUnconfirmed } from "../proxy/confirm.ts";
import { removeOld, tryAgain } from "../proxy/certificates.ts";
import type { Driver } from "../proxy/driver.ts";
import { driverFor } from "../proxy/drivers.ts";
import { keepCertificatesOf, rehearse } from "../proxy/hand-over.ts";
import { hostFacts } from "../proxy/installed/host-facts.ts";
import { hasLeftHost, leaveHost, type Served } from "../proxy/installed/leave-host.ts";
import { serveOnHost } from "../proxy/installed/serve-on-host.ts";
import { mustReach } from "../proxy/must-reach.ts";
import { type Probes, probesOf } from "../proxy/probes.ts";
import { PASSWORDS } from "../proxy/nginx-options.ts";
import { proxyCompose } from "../proxy/proxy-compose.ts";
import { type Kind, ownNetwork, proxyProject, modelFile, PROXY_SERVICE, proxyFolder, type ProxyFolder } from "../proxy/proxy-folder.ts";
import { movedToDns, provenOtherwise } from "../proxy/other-proofs.ts";
import { proxyModel } from "../proxy/proxy-model.ts";
import { statesOf } from "../proxy/states.ts";
import { certifiedNames, namesByDns, namesWith, type Resolved } from "../proxy/resolved.ts";
import { rootOf } from "../proxy/internal-authority.ts";
import { removeUnserved, withCertificates } from "../proxy/site-certificates.ts";
import { dismissStandIn, drain, standIn } from "../proxy/stand-in.ts";
import { forgetSlots } from "../proxy/slots.ts";
import { findTargets, ROOTS, takeSlots } from "../proxy/targets.ts";
import { STATIC } from "../proxy/traefik-static.ts";
import { needDocker, throughOutages } from "./docker-outage.ts";
import { type JobContext, type JobHandler, silence } from "./job.ts";
import { JobFailure } from "./job-failure.ts";
import { pullImages } from "./pull-images.ts";
import { runCompose } from "./run-compose.ts";
import { startProxy } from "./start-proxy.ts";
import { asFailure, step } from "./step.ts";

/** Of so many sites the result says how they are served; the others are told of later, in frames of their own. */
const SITES_TOLD = 10;

/** Who asks for the same once more wants to see what has failed tried again. */
export const applySites: JobHandler<"apply-sites"> = async (model, context) => {
  const before = await proxyModel(context.machine);
  const isSame = JSON.stringify(before) === JSON.stringify(model);
  if (isSame) await tryAgain(certifiedNames(model), context.machine);
  const served = await serveSites(model, context, { anyway: true });
  if (!isSame) await tryAgain(provenOtherwise(before, model), context.machine);
  return served;
};

/**
 * Has the proxy serve these sites, and nothing else, unless that cuts this server off. `anyway`: it is told also where it serves by the same
 * already, and tries again what it was waiting with.
 */
export async function serveSites(model: ProxyModel, context: JobContext, { anyway }: { anyway: boolean }) {
  const { machine } = context;
  const driver = await step("check", context, () => checked(model, context));
  // Should that fail, what is asked now may do better.
  await goBackFirst(context).catch((error: unknown) => context.say.note(`What was begun before could not be undone: ${wordsOf(error)}`));
  const before = await proxyModel(machine);
  const make = (confirm?: () => Promise<void>) => changeTo(model, { before, driver, anyway, confirm }, context);
  if (JSON.stringify(before) === JSON.stringify(model)) return make();
  return confirmed({ former: before ?? null, next: model }, { make, goBack: (undone) => goBack(undone, context) }, machine);
}

const wordsOf = (error: unknown) => asFailure(error)?.message ?? String(error);

/** An agent that was killed may have left a change that nobody has confirmed. */
export const goBackFirst = (context: JobContext) => undoUnconfirmed((undone) => goBack(undone, context), context.machine);

/** Whatever is there now, the proxy is what it was before. Nobody can cancel that, and nothing of it is a step of the job. */
async function goBack({ former, next }: ProxyChange, { machine }: JobContext) {
  const context = { machine, signal: new AbortController().signal, say: silence, attempt: 1 };
  const model = former ?? { ...next, sites: [] };
  if (next.place === "host" && model.place !== "host" && (await hasLeftHost(machine))) return;
  await changeTo(model, { before: model, driver: driverFor(model), anyway: true }, context);
}

interface Making {
  before: ProxyModel | undefined;
  driver: Driver;
  anyway: boolean;
  /** Says by throwing that it may not stay. */
  confirm?: (() => Promise<void>) | undefined;
}

/** By the server's own proxy, or by one in a container: whichever it is, the other one is left. */
async function changeTo(model: ProxyModel, making: Making, context: JobContext): Promise<Served> {
  if (model.place === "host" && model.sites.length > 0) return serveOnHost(model, making, context);
  if (!(await hostFacts(context.machine))) return change(model, making, context);
  return leaveHost(model, { ...making, serve: () => change(model, { ...making, before: undefined }, context) }, context);
}

async function change(model: ProxyModel, { before, driver, anyway, confirm = async () => {} }: Making, context: JobContext) {
  const { machine } = context;
  const folder = proxyFolder(machine, driver);
  const kind = { driver, image: machine.proxy.images[model.driver], folder };
  if (model.sites.length === 0) return takeDown([kind, formerKind(before, model, machine)], confirm, context);

  const found = await step("resolve", context, () =>
    throughOutages(context, async () => {
      await takeSlots(model, machine);
      return findTargets(model, machine);
    }),
  );
  mustReach(found.unreached, before, model, context);
  const networks = found.networks;
  const former = formerKind(before, model, machine);
  if (former) await keepCertificatesOf(former, model, machine);
  const moved = former ? [] : movedToDns(before, model);
  await keepCertificatesOf(kind, { ...model, sites: moved }, machine);
  const resolved = await withCertificates(found.resolved, model, { driver, machine });
  await prepare(kind, model, resolved, context);
  const probes = probesOf(before, model);
  const { container, text } = await served(kind, former, { resolved, networks, probes, anyway, isOwn: moved.length > 0 }, context);
  await step("confirm", context, confirm);
  await machine.files.write({ [folder.model]: JSON.stringify(model) });
  await forgetSlots(found.led, machine);
  if (former) await forget(former, machine);
  await dismissStandIn(folder, context);
  await tidy(
    container,
    networks,
    { folder, used: [resolved.acme.rootsFile ?? "", ...Object.keys(driver.files?.(resolved) ?? {})] },
    machine,
  );
  await writeChoices(resolved, driver, "gone", machine);
  await removeChoices(resolved, driver, machine);
  // What a proxy that gets its own was lent may be of any name; of those that the agent gets, a first one is on its way just now, maybe.
  const isKeptHere = driver.asksWhenTold || driver.certificatesBy === "agent";
  const names = (isKeptHere ? certifiedNames : namesByDns)(resolved);
  await removeOld(
    names.filter((name) => driver.asksWhenTold || resolved.certificates.has(name)),
    [text],
    machine,
  );
  await removeUnserved(namesWith(resolved, "internal"), text, machine);
  const changed = new Set(probes.after.map(({ name }) => name));
  const sites = model.sites.filter(({ name }) => changed.has(name)).slice(0, SITES_TOLD);
  const states = await step("look", context, () => statesOf({ sites }, { driver, container, machine }));
  const isAuthority = model.sites.some(({ https }) => https === "internal");
  return { sites: states, ...(isAuthority && { authority: (await rootOf(machine)).certificate }) };
}

interface Serving {
  resolved: Resolved;
  networks: string[];
  probes: Probes;
  anyway: boolean;
  isOwn: boolean;
}

/** Starts the proxy and has it serve. Where it is to take over from one of another kind, and cannot, that one goes on. */
async function served(kind: Kind, former: Kind | undefined, { resolved, networks, probes, anyway, isOwn }: Serving, context: JobContext) {
  const { machine } = context;
  const { driver, image, folder } = kind;
  try {
    await pullImages(folder.project, { [PROXY_SERVICE]: { image } }, context);
    if (former) {
      const first = driver.check ? emptyOf(driver, resolved) : driver.render({ ...resolved, asking: new Set() });
      const texts = { first, text: driver.render(resolved), resolved };
      const tried = await step("try", context, () => rehearse(kind, texts, context));
      // What answers now has to answer then, whoever it is that does.
      const now = await answering(probes.before, machine);
      probes.after.push(...now);
      // One that watches its file would take what is for the next one.
      const stands = driver.reload && (await standIn({ kind, container: tried, resolved, networks, answering: now }, context));
      await (stands ? drain(former, machine) : dismissStandIn(folder, context));
      await machine.files.share({ [folder.config]: texts.text });
    }
    const container = await step("start", context, () => throughOutages(context, () => startProxy(kind, networks, context, former)));
    // The proxy's own network may have been made only now.
    const text = driver.render({ ...resolved, unseen: await machine.engine.gateways(folder.project.name) });
    await step("apply", context, () => applyConfig(text, probes, { driver, folder, container, anyway, isOwn }, machine));
    // Who comes from now on comes to it: nobody else is to answer when it is asked whether it may stay.
    if (former) await machine.detour.close();
    return { container, text };
  } catch (error) {
    if (!former) throw error;
    const isBack = await startAgain(former, resolved, networks, context);
    await dismissStandIn(folder, { ...context, signal: new AbortController().signal });
    throw isBack ? staysAsItWas(error) : error;
  }
}

/** Before there is anything to serve. */
const emptyOf = ({ render }: Driver, resolved: Resolved) => render({ ...resolved, sites: [], certificates: new Map() });

async function checked({ driver: kind, place, sites }: ProxyModel, { machine }: JobContext): Promise<Driver> {
  await needDocker({ machine });
  if (place === "host") return driverFor({ driver: kind, place });
  const [fault] = imageFaults(machine.proxy.images[kind], { policy: await policyInForce(machine), folder: "", project: "" });
  if (fault && sites.length > 0) throw new JobFailure("POLICY_REFUSED", `The proxy ${fault[1]}.`, { rule: fault[0] });
  return driverFor({ driver: kind });
}

/** What the proxy is started from. Before there is anything to serve, it serves nothing. */
async function prepare({ driver, image, folder }: Kind, { acme }: ProxyModel, resolved: Resolved, { machine }: JobContext) {
  const { files, proxy } = machine;
  await files.write({ [folder.project.canonical]: proxyCompose(driver, image, resolved, proxy, folder), [folder.project.secrets]: "" });
  const beside = { ...driver.files?.(resolved), ...(acme.roots !== null && { [resolved.acme.rootsFile!]: acme.roots }) };
  const shared = Object.entries(beside).map(([name, text]) => [`${folder.shared}/${name}`, text]);
  if (shared.length > 0) await files.share(Object.fromEntries(shared));
  await writeChoices(resolved, driver, "kept", machine);
  if ((await files.read(folder.config)) === undefined) await files.share({ [folder.config]: emptyOf(driver, resolved) });
}

/** The kind of proxy that serves until now, where another one is to. */
function formerKind(before: ProxyModel | undefined, { driver }: ProxyModel, machine: JobContext["machine"]): Kind | undefined {
  const former = before && before.driver !== driver ? driverFor(before) : undefined;
  return former && { driver: former, image: machine.proxy.images[before!.driver], folder: proxyFolder(machine, former) };
}

/** Nothing is started from that any more. */
async function forget({ driver, folder }: Kind, { files }: JobContext["machine"]) {
  const choices = driver.choices ? [`${folder.shared}/${driver.choices.folder}`] : [];
  for (const path of [folder.config, folder.good, ...choices]) await files.remove(path);
}

/** The other one could not serve. Should that fail too, the first reason is the one that counts, and it is tried again and again: see keepProxy. */
async function startAgain({ driver, image, folder }: Kind, resolved: Resolved, networks: string[], context: JobContext) {
  const { files, proxy } = context.machine;
  const calm = { ...context, signal: new AbortController().signal };
  await files.write({ [folder.project.canonical]: proxyCompose(driver, image, resolved, proxy, folder) });
  const beside = Object.entries(driver.files?.(resolved) ?? {}).map(([name, text]) => [`${folder.shared}/${name}`, text]);
  if (beside.length > 0) await files.share(Object.fromEntries(beside));
  return startProxy({ driver, image, folder }, networks, calm, { driver, image, folder }).then(
    () => true,
    () => false,
  );
}

/** What a person has to know first: the sites are served. */
function staysAsItWas(error: unknown): unknown {
  const failure = asFailure(error);
  if (!failure) return error;
  const { code, message, details } = failure.error;
  return new JobFailure(code, `The proxy stays as it was. ${message}`, details);
}

/** What it was for that is served no more: networks of apps that it has nothing to do with, and files that nothing speaks of. */
async function tidy(
  container: Container,
  networks: string[],
  { folder, used }: { folder: ProxyFolder; used: string[] },
  { engine, files }: JobContext["machine"],
) {
  const kept = [...networks, ownNetwork(folder.project)];
  for (const network of container.networks) if (!kept.includes(network)) await engine.leaveNetwork(container, network);
  const isOurs = (name: string) => [ROOTS, PASSWORDS, DOWN_PAGES, STATIC].some((kind) => name.startsWith(kind));
  const old = (await files.list(folder.shared)).filter((name) => isOurs(name) && !used.includes(name));
  for (const name of old) await files.remove(`${folder.shared}/${name}`);
}

/** Without a site there is no proxy: its ports are free again. Its certificates stay. */
async function takeDown(kinds: (Kind | undefined)[], confirm: () => Promise<void>, context: JobContext) {
  const { machine } = context;
  await step("stop", context, () => throughOutages(context, () => runCompose(composeDown(proxyProject(machine), "keep"), context)));
  await step("confirm", context, confirm);
  for (const kind of kinds) if (kind) await forget(kind, machine);
  if (kinds[0]) await dismissStandIn(kinds[0].folder, context);
  await machine.files.remove(modelFile(machine));
  await forgetSlots([], machine);
  await removeUnserved([], "", machine);
  return { sites: [] };
}
