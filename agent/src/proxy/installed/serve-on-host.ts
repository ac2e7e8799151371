import type { ProxyModel } from "@appos/shared/sites";
import { throughOutages } from "../../jobs/docker-outage.ts";
import type { JobContext } from "../../jobs/job.ts";
import { step } from "../../jobs/step.ts";
import type { Machine } from "../../machine/machine.ts";
import { applyConfig } from "../apply.ts";
import { removeOld } from "../certificates.ts";
import type { Driver } from "../driver.ts";
import { driverFor } from "../drivers.ts";
import { keepCertificatesOf } from "../hand-over.ts";
import { rootOf } from "../internal-authority.ts";
import { mustReach } from "../must-reach.ts";
import { probesOf } from "../probes.ts";
import { proxyFolder } from "../proxy-folder.ts";
import { certifiedNames, namesOf, namesWith } from "../resolved.ts";
import { removeUnserved, withCertificates } from "../site-certificates.ts";
import { forgetSlots } from "../slots.ts";
import { statesOf } from "../states.ts";
import { findTargets, takeSlots } from "../targets.ts";
import { runsWhere } from "../where.ts";
import { hostFacts, noteHostFacts } from "./host-facts.ts";
import { inTurn } from "./in-turn.ts";
import { leaveContainer } from "./leave-container.ts";
import type { Found, Installed } from "./installed.ts";
import { type Served, takeAway } from "./leave-host.ts";
import { onHost } from "./on-host.ts";
import { installedAs } from "./programs.ts";

/** As apply-sites tells of them. */
const SITES_TOLD = 10;

interface Making {
  before: ProxyModel | undefined;
  driver: Driver;
  anyway: boolean;
  confirm?: (() => Promise<void>) | undefined;
}

/** Has the server's own proxy serve these sites, beside whatever else it serves. */
export async function serveOnHost(
  model: ProxyModel,
  { before, driver, anyway, confirm = async () => {} }: Making,
  context: JobContext,
): Promise<Served> {
  const { machine } = context;
  const it = installedAs(model);
  const folder = proxyFolder(machine, driver);
  const found = await step("find", context, () => inTurn(machine, () => begin(it, model, machine)));
  const former = before && before.place !== "host" ? before : undefined;

  const targets = await step("resolve", context, () =>
    throughOutages(context, async () => {
      await takeSlots(model, machine);
      return findTargets(model, machine);
    }),
  );
  mustReach(targets.unreached, before, model, context);
  noteUnreached(it, targets.resolved.sites, context);
  if (former) {
    const formerDriver = driverFor(former);
    const kind = { driver: formerDriver, image: machine.proxy.images[former.driver], folder: proxyFolder(machine, formerDriver) };
    await keepCertificatesOf(kind, model, machine);
  }
  const probes = probesOf(former ? undefined : before, model);
  const isNew = (await machine.files.read(folder.good)) === undefined;
  const serve = async () => {
    // Rendered once more, for a deployment may have gone by meanwhile.
    const resolved = await withCertificates((await findTargets(model, machine)).resolved, model, { driver, machine });
    await it.give(resolved, machine);
    await it.lead?.(found.facts, machine);
    const text = driver.render(resolved);
    await applyConfig(text, probes, { driver, folder, container: onHost(it, machine, found), anyway }, machine);
    return { resolved, text };
  };
  const { resolved, text } = await step("apply", context, () =>
    inTurn(machine, serve).catch(async (error: unknown) => {
      // Before it has served once there is nothing to go back to but how it was without us.
      if (isNew) await inTurn(machine, () => takeAway(machine)).catch(() => undefined);
      throw error;
    }),
  );
  await step("confirm", context, confirm);
  await machine.files.write({ [folder.model]: JSON.stringify(model) });
  await forgetSlots(targets.led, machine);
  if (former) await leaveContainer(former, context);
  await it.tidy(resolved, machine);
  await removeOld(
    certifiedNames(resolved).filter((name) => resolved.certificates.has(name)),
    [text],
    machine,
  );
  await removeUnserved(namesWith(resolved, "internal"), text, machine);
  const changed = new Set(probes.after.map(({ name }) => name));
  const sites = model.sites.filter(({ name }) => changed.has(name)).slice(0, SITES_TOLD);
  const states = await step("look", context, () => statesOf({ sites }, { driver, container: onHost(it, machine), machine }));
  const isAuthority = model.sites.some(({ https }) => https === "internal");
  return { sites: states, ...(isAuthority && { authority: (await rootOf(machine)).certificate }) };
}

async function begin(it: Installed, model: ProxyModel, machine: Machine): Promise<Found> {
  const found = await findAnyhow(it, machine);
  found.mustBeFree(model.sites.flatMap(namesOf));
  const known = await hostFacts(machine);
  // Of another one, which was stopped for this one to have the ports.
  if (known && known.program !== it.program) await takeAway(machine);
  await beginAnew(it, found, machine);
  await noteHostFacts(found.facts, machine);
  return found;
}

/** Where it is our own part that it does not take any more, as where a certificate is gone from the disk, the others are to have it without. */
async function findAnyhow(it: Installed, machine: Machine): Promise<Found> {
  return it.find(machine).catch(async (error: unknown) => {
    const known = await hostFacts(machine);
    if (known?.program !== it.program || !it.lead) throw error;
    await it.leave(known, machine);
    return it.find(machine).catch(async () => {
      await it.lead!(known, machine);
      throw error;
    });
  });
}

/** What is not included is not served, and may not fit to what the others have become: it is checked before it is. */
async function beginAnew(it: Installed, { facts }: Found, machine: Machine): Promise<void> {
  const { files } = machine;
  const known = await hostFacts(machine);
  if (known?.include === facts.include && (await files.look(known.include))) return;
  if (known) await it.leave(known, machine);
  const { config, good } = proxyFolder(machine, it.driver);
  for (const path of [config, good]) await files.remove(path);
}

/** A container that the server does not reach is answered for as one that is down. */
function noteUnreached({ title }: Installed, sites: { name: string; routes: { upstreams: unknown[] }[] }[], { say }: JobContext) {
  const names = sites.flatMap(({ name, routes }) => (routes.some(({ upstreams }) => upstreams.length === 0) ? [name] : []));
  if (names.length > 0)
    say.note(
      `${names.slice(0, 5).join(", ")}: no container is running that this server reaches. ${title} of the server reaches containers in bridge networks only.`,
    );
}

/** Whether it serves as it should: for whoever keeps that so. */
export async function lookOnHost(model: ProxyModel, driver: Driver, machine: Machine): Promise<{ text: string; isWell: boolean }> {
  const resolved = await withCertificates((await findTargets(model, machine)).resolved, model, { driver, machine });
  const text = driver.render(resolved);
  const { config, good } = proxyFolder(machine, driver);
  const facts = await hostFacts(machine);
  const isTaken = (await machine.files.read(config)) === text && (await machine.files.read(good)) === text;
  const it = installedAs(model);
  const isIncluded = facts?.program === it.program && (await it.reads(facts, text, machine));
  const isRunning = (await runsWhere(model, machine)) !== undefined;
  const isGiven = (await it.hasAll?.(resolved, machine)) ?? true;
  return { text, isWell: isTaken && isIncluded && isRunning && isGiven };
}
