import { z } from "zod";
import { failpoint } from "@appos/shared/failpoint";
import { sha256 } from "../jobs/config-files.ts";
import type { Machine } from "../machine/machine.ts";
import { certificateFolder, dueAt, keep, keptOf, sharedFolder } from "./certificates.ts";

const DAY_MS = 24 * 60 * 60_000;
/** Its own authority lasts as long as a server may; what that issues is renewed all the time, so it may end soon. */
const [ROOT_MS, LEAF_MS] = [3_650 * DAY_MS, 90 * DAY_MS];
/** Where clocks differ a little, a new one is good at once. */
const EARLIER_MS = 60 * 60_000;

type Here = Pick<Machine, "folder" | "files" | "authority" | "now">;

const Root = z.object({ pem: z.string(), notAfter: z.int() });
/** No proxy sees this file: its key is for this agent alone. */
const rootFile = ({ folder }: Pick<Machine, "folder">) => `${folder}/proxy/authority.json`;

interface Authority {
  /** Key and certificate, in PEM. */
  pem: string;
  /** What people are to trust. */
  certificate: string;
  notAfter: number;
}

/** The authority of this server: made when it is first wanted, and another one only where no certificate of it could last any more. */
export async function rootOf({ folder, files, authority, now }: Here): Promise<Authority> {
  const text = await files.read(rootFile({ folder }));
  const known = text === undefined ? undefined : Root.parse(JSON.parse(text));
  if (known && known.notAfter > now() + LEAF_MS) return { ...known, certificate: certificateIn(known.pem) };
  const notAfter = now() + ROOT_MS;
  const made = { pem: await authority.newRoot({ notBefore: now() - EARLIER_MS, notAfter }), notAfter };
  await files.write({ [rootFile({ folder })]: JSON.stringify(made) });
  failpoint("agent: the server has an authority of its own");
  return { ...made, certificate: certificateIn(made.pem) };
}

const certificateIn = (pem: string) => pem.slice(pem.indexOf("-----BEGIN CERTIFICATE-----"));

/** Not where those of other authorities are kept: who goes back to those finds them. */
export const internalPlace = (name: string) => `internal/${name}`;

/** The files of these names, each with a certificate of this server's own authority; those that are due are issued now. It takes turns: see keepProxy. */
export async function internalFiles(names: string[], machine: Here): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  if (names.length === 0) return found;
  const { files, authority, now } = machine;
  const root = await rootOf(machine);
  const by = await sumOf(root.certificate);
  for (const name of names) {
    const place = internalPlace(name);
    const { certificate } = await keptOf(place, machine);
    if (certificate && dueAt({ certificate, tried: null }, by) > now()) {
      found.set(name, certificate.file);
      continue;
    }
    const times = { notBefore: now() - EARLIER_MS, notAfter: now() + LEAF_MS };
    const pem = await authority.newLeaf({ name, root: root.pem, ...times });
    const file = `${certificateFolder(place)}/${await sumOf(pem)}.pem`;
    await files.write({ [`${sharedFolder(machine)}/${file}`]: pem });
    await keep(place, { certificate: { file, ...times, directory: by, gotAt: now() }, tried: null }, machine);
    found.set(name, file);
  }
  return found;
}

const sumOf = async (text: string) => (await sha256(new TextEncoder().encode(text))).slice(0, 16);
