import type { ProxyModel } from "@appos/shared/sites";
import { composeUp } from "../commands/compose.ts";
import { sha256 } from "../jobs/config-files.ts";
import type { JobContext } from "../jobs/job.ts";
import { runCompose } from "../jobs/run-compose.ts";
import { CommandFailed, type Container, type Machine } from "../machine/machine.ts";
import { certificateFolder, keep, keptOf, sharedFolder } from "./certificates.ts";
import type { Driver } from "./driver.ts";
import { lastLines } from "./log-lines.ts";
import { proxyCompose } from "./proxy-compose.ts";
import type { Kind } from "./proxy-folder.ts";
import { refusal } from "./refusal.ts";
import { certifiedNames, type Resolved } from "./resolved.ts";
import { dismissStandIn, noteStandIn, trialOf } from "./stand-in.ts";

const COMMAND_MS = 30_000;
const [TAKES_MS, LOOK_MS] = [10_000, 200];
/** Of what it has said. */
const SAID = 200;

export interface Texts {
  /**
   * What it starts by: before there is anything to serve. Where nothing else tells whether it takes what it is to serve, that is all of it,
   * with nobody to be asked for a certificate.
   */
  first: string;
  /** What it is to serve by. */
  text: string;
  /** What both are made of. */
  resolved: Resolved;
}

/**
 * Sees to it, while the other one goes on serving, that a proxy of another kind starts here and takes what it is to serve. It is left running
 * without ports, for `dismissStandIn` to end.
 */
export async function rehearse({ driver, image, folder }: Kind, { first, text, resolved }: Texts, context: JobContext): Promise<Container> {
  const { files, engine } = context.machine;
  const project = trialOf(folder);
  await dismissStandIn(folder, context);
  await noteStandIn(context.machine);
  await files.write({ [project.canonical]: proxyCompose(driver, image, resolved, undefined, { shared: folder.shared, project }) });
  // What is there of another time may be of things that are gone. And it was not seen to serve this.
  await files.share({ [folder.config]: first, ...(driver.check && { [folder.next]: text }) });
  await files.remove(folder.good);
  try {
    await runCompose(composeUp(project), context);
    const [container] = await engine.containers({ project: project.name });
    if (driver.check) await engine.runInside(container!, driver.check, COMMAND_MS);
    await mustTake(container!, driver, context);
    return container!;
  } catch (error) {
    throw refusal(error, "The other proxy cannot take over, and the one that serves goes on");
  }
}

/** It reads its configuration after it has started. What it does not take of it, it says. */
async function mustTake(container: Container, { serves, complaint }: Driver, { machine, signal }: JobContext) {
  const until = machine.elapsed() + TAKES_MS;
  const isServing = async (by: NonNullable<Driver["serves"]>) =>
    machine.engine.runInside(container, by, COMMAND_MS).then(
      () => true,
      () => false,
    );
  while (serves && !(await isServing(serves))) {
    if (machine.elapsed() >= until) throw new CommandFailed("It does not serve by it", 1, await lastLines(container, SAID, machine));
    await machine.sleep(LOOK_MS, signal);
  }
  const said = complaint?.(await lastLines(container, SAID, machine), 0);
  if (said !== undefined) throw new CommandFailed("It leaves out a part of it", 1, [said]);
}

/** Takes over the certificates that the former proxy got, of names that there are none of here: nobody has to wait for new ones. */
async function takeCertificates(
  names: string[],
  { certificates: got }: Driver,
  { container, directory, machine }: { container: Container; directory: string; machine: Machine },
): Promise<void> {
  if (!got) return;
  const texts = await machine.engine.readFolder(container, got.folder);
  for (const name of names) {
    const { certificate, tried } = await keptOf(name, machine);
    const found = got.of(name, texts).flatMap(({ key, chain }) => {
      const pem = `${key.trim()}\n${chain.trim()}\n`;
      const times = machine.authority.validity(pem, name);
      return times && times.notAfter > (certificate?.notAfter ?? machine.now()) ? [{ pem, ...times }] : [];
    });
    const newest = found.toSorted((a, b) => b.notAfter - a.notAfter)[0];
    if (!newest) continue;
    const { pem, ...times } = newest;
    const file = `${certificateFolder(name)}/${(await sha256(new TextEncoder().encode(pem))).slice(0, 16)}.pem`;
    await machine.files.write({ [`${sharedFolder(machine)}/${file}`]: pem });
    await keep(name, { certificate: { file, ...times, directory }, tried }, machine);
  }
}

/** Who takes over has those that the other one got; and so have names of which the proxy gets none any more. */
export async function keepCertificatesOf(former: Kind, model: ProxyModel, machine: Machine) {
  if (certifiedNames(model).length === 0) return;
  const [container] = await machine.engine.containers({ project: former.folder.project.name });
  if (container) await takeCertificates(certifiedNames(model), former.driver, { container, directory: model.acme.directory, machine });
}
