import { composeDown, composeUp } from "../commands/compose.ts";
import { sha256 } from "../jobs/config-files.ts";
import type { JobContext } from "../jobs/job.ts";
import { runCompose } from "../jobs/run-compose.ts";
import type { Container, Machine } from "../machine/machine.ts";
import { refusal } from "./apply.ts";
import { certificateFolder, keep, keptOf, sharedFolder } from "./certificates.ts";
import type { Driver } from "./driver.ts";
import { proxyCompose } from "./proxy-compose.ts";
import type { ProxyFolder } from "./proxy-folder.ts";

const COMMAND_MS = 30_000;

/** A kind of proxy, as it is started here. */
export interface Kind {
  driver: Driver;
  image: string;
  folder: ProxyFolder;
}

export interface Texts {
  /** Before there is anything to serve. */
  first: string;
  /** What it is to serve by. */
  text: string;
}

/** Sees to it, while the other one goes on serving, that a proxy of another kind starts here and takes what it is to serve. */
export async function rehearse({ driver, image, folder }: Kind, { first, text }: Texts, context: JobContext): Promise<void> {
  const { files, engine } = context.machine;
  const name = `${folder.project.name}_trial`;
  const project = { ...folder.project, name, canonical: `${folder.path}/trial.yaml` };
  await files.write({ [project.canonical]: proxyCompose(driver, image, undefined, { shared: folder.shared, project }) });
  // What is there of another time may be of things that are gone. And it was not seen to serve this.
  await files.share({ [folder.config]: first, [folder.next]: text });
  await files.remove(folder.good);
  try {
    await runCompose(composeUp(project), context);
    const [container] = await engine.containers({ project: name });
    await engine.runInside(container!, driver.check, COMMAND_MS);
  } catch (error) {
    throw refusal(error, "The other proxy cannot take over, and the one that serves goes on");
  } finally {
    await runCompose(composeDown(name, "delete"), context).catch(() => undefined);
    await files.remove(folder.next);
    await files.remove(project.canonical);
  }
  await files.share({ [folder.config]: text });
}

/** Takes over the certificates that the former proxy got, of names that there are none of here: nobody has to wait for new ones. */
export async function takeCertificates(
  names: string[],
  { certificateFolder: from }: Driver,
  { container, directory, machine }: { container: Container; directory: string; machine: Machine },
): Promise<void> {
  if (from === undefined) return;
  const texts = [...(await machine.engine.readFolder(container, from))];
  for (const name of names) {
    const { certificate, tried } = await keptOf(name, machine);
    const found = texts.flatMap(([path, chain]) => {
      if (!path.endsWith(`/${name}/${name}.crt`)) return [];
      const key = texts.find(([other]) => other === path.replace(/\.crt$/, ".key"))?.[1];
      const pem = `${key?.trim()}\n${chain.trim()}\n`;
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
