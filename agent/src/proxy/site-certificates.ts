import type { ProxyModel } from "@appos/shared/sites";
import { sha256 } from "../jobs/config-files.ts";
import type { Machine } from "../machine/machine.ts";
import { certificateFolder, keptFiles, removeOld, sharedFolder } from "./certificates.ts";
import type { Driver } from "./driver.ts";
import { internalFiles, internalPlace } from "./internal-authority.ts";
import { namesByDns, namesByHttp, namesOf, namesWith, type Resolved } from "./resolved.ts";

type Here = Pick<Machine, "folder" | "files" | "authority" | "now">;
type Model = Pick<ProxyModel, "sites" | "certificates">;

/** No name has no dot in it. */
const OWN = certificateFolder("own");

/** The model with the certificates of its names, wherever they come from. Only the agent and its proxy can read the files. */
export async function withCertificates(
  resolved: Resolved,
  model: Model,
  { driver, machine }: { driver: Pick<Driver, "certificatesBy" | "asksWhenTold">; machine: Here },
): Promise<Resolved> {
  const { directory } = resolved.acme;
  const { files: kept, asking, lent } = await keptFiles({ names: namesByHttp(resolved), directory }, driver, machine);
  const { files: proven } = await keptFiles({ names: namesByDns(resolved), directory }, { certificatesBy: "agent" }, machine);
  const own = await ownFiles(model, machine);
  const internal = await internalFiles(namesWith(resolved, "internal"), machine);
  return { ...resolved, certificates: new Map([...kept, ...proven, ...own, ...internal]), lent, ...(driver.asksWhenTold && { asking }) };
}

/** Each in a file of its own, named by what is in it: the one that serves stays until another configuration does. */
async function ownFiles({ sites, certificates }: Model, { files, folder }: Here): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  for (const { id, pem } of certificates) {
    const file = `${OWN}/${(await sha256(new TextEncoder().encode(pem))).slice(0, 16)}.pem`;
    const path = `${sharedFolder({ folder })}/${file}`;
    if ((await files.read(path)) !== pem) await files.write({ [path]: pem });
    paths.set(id, file);
  }
  const ofSite = (site: Model["sites"][number]) => {
    const file = paths.get(site.certificateId ?? "");
    return site.https === "own" && file !== undefined ? namesOf(site).map((name) => [name, file] as const) : [];
  };
  return new Map(sites.flatMap(ofSite));
}

/** Keys that are served with no more are not left lying about. `text`: what the proxy serves by. */
export async function removeUnserved(internal: string[], text: string, machine: Pick<Machine, "folder" | "files">): Promise<void> {
  const folder = `${sharedFolder(machine)}/${OWN}`;
  const old = (await machine.files.list(folder)).filter((name) => !text.includes(`${OWN}/${name}`));
  for (const name of old) await machine.files.remove(`${folder}/${name}`);
  await removeOld(internal.map(internalPlace), [text], machine);
}
