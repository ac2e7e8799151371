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
import { findNginx, type FoundNginx, mustBeFree } from "./find-nginx.ts";
import { hostFacts, noteHostFacts } from "./host-facts.ts";
import { inTurn } from "./in-turn.ts";
import { leaveContainer } from "./leave-container.ts";
import { type Served, takeAway, tidyShown } from "./leave-host.ts";
import { besideMain, hostNginxDriver, includeText, onHost } from "./on-host.ts";

/** As apply-sites tells of them. */
const SITES_TOLD = 10;

interface Making {
  before: ProxyModel | undefined;
  driver: Driver;
  anyway: boolean;
  confirm?: (() => Promise<void>) | undefined;
}

/** Has Nginx of the server itself serve these sites, beside whatever else it serves. */
export async function serveOnHost(
  model: ProxyModel,
  { before, driver, anyway, confirm = async () => {} }: Making,
  context: JobContext,
): Promise<Served> {
  const { machine } = context;
  const folder = proxyFolder(machine, driver);
  const found = await step("find", context, () => inTurn(machine, () => begin(model, machine)));
  const former = before && before.place !== "host" ? before : undefined;

  const targets = await step("resolve", context, () =>
    throughOutages(context, async () => {
      await takeSlots(model, machine);
      return findTargets(model, machine);
    }),
  );
  mustReach(targets.unreached, before, model, context);
  noteUnreached(targets.resolved.sites, context);
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
    const files = Object.entries(driver.files!(resolved)).map(([name, text]) => [`${machine.hostNginx.shown.folder}/${name}`, text]);
    if (files.length > 0) await machine.hostNginx.shown.files.share(Object.fromEntries(files));
    await machine.hostNginx.place(found.facts.include, includeText(machine));
    const text = driver.render(resolved);
    await applyConfig(text, probes, { driver, folder, container: onHost(machine, found), anyway }, machine);
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
  await tidyShown(Object.keys(driver.files!(resolved)), machine);
  await removeOld(
    certifiedNames(resolved).filter((name) => resolved.certificates.has(name)),
    [text],
    machine,
  );
  await removeUnserved(namesWith(resolved, "internal"), text, machine);
  const changed = new Set(probes.after.map(({ name }) => name));
  const sites = model.sites.filter(({ name }) => changed.has(name)).slice(0, SITES_TOLD);
  const states = await step("look", context, () => statesOf({ sites }, { driver, container: onHost(machine), machine }));
  const isAuthority = model.sites.some(({ https }) => https === "internal");
  return { sites: states, ...(isAuthority && { authority: (await rootOf(machine)).certificate }) };
}

async function begin(model: ProxyModel, machine: Machine): Promise<FoundNginx> {
  const found = await findAnyhow(machine);
  mustBeFree(model.sites.flatMap(namesOf), found, machine.proxy);
  await beginAnew(found, machine);
  await noteHostFacts(found.facts, machine);
  return found;
}

/** Where it is our own part that Nginx does not take any more, as where a certificate is gone from the disk, the others are to have it without. */
async function findAnyhow(machine: Machine): Promise<FoundNginx> {
  return findNginx(machine).catch(async (error: unknown) => {
    const known = await hostFacts(machine);
    if (!known) throw error;
    await machine.hostNginx.place(known.include, undefined);
    return findNginx(machine).catch(async () => {
      await machine.hostNginx.place(known.include, includeText(machine));
      throw error;
    });
  });
}

/** What is not included is not served, and may not fit to what the others have become: it is checked before it is. */
async function beginAnew({ facts, main }: FoundNginx, machine: Machine): Promise<void> {
  const { files, hostNginx } = machine;
  await hostNginx.place(besideMain(main), undefined);
  const known = await hostFacts(machine);
  if (known?.include === facts.include && (await files.look(known.include))) return;
  if (known) await hostNginx.place(known.include, undefined);
  const { config, good } = proxyFolder(machine, hostNginxDriver);
  for (const path of [config, good]) await files.remove(path);
}

/** A container that the server does not reach is answered for as one that is down. */
function noteUnreached(sites: { name: string; routes: { upstreams: unknown[] }[] }[], { say }: JobContext) {
  const names = sites.flatMap(({ name, routes }) => (routes.some(({ upstreams }) => upstreams.length === 0) ? [name] : []));
  if (names.length > 0)
    say.note(
      `${names.slice(0, 5).join(", ")}: no container is running that this server reaches. Nginx of the server reaches containers in bridge networks only.`,
    );
}

/** Whether it serves as it should: for whoever keeps that so. */
export async function lookOnHost(model: ProxyModel, driver: Driver, machine: Machine): Promise<{ text: string; isWell: boolean }> {
  const resolved = await withCertificates((await findTargets(model, machine)).resolved, model, { driver, machine });
  const text = driver.render(resolved);
  const { config, good } = proxyFolder(machine, driver);
  const facts = await hostFacts(machine);
  const isTaken = (await machine.files.read(config)) === text && (await machine.files.read(good)) === text;
  const isIncluded = facts !== undefined && (await machine.files.look(facts.include)) !== undefined;
  const isRunning = (await runsWhere(model, machine)) !== undefined;
  return { text, isWell: isTaken && isIncluded && isRunning };
}
