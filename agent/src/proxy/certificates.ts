import type { Site } from "@appos/shared/sites";
import { z } from "zod";
import type { Machine } from "../machine/machine.ts";
import type { Asked, Driver } from "./driver.ts";
import { jsonOf } from "../json.ts";

const MINUTE_MS = 60_000;
/** A certificate is renewed when only this part of its life is left. */
const LEFT = 1 / 3;
/** Five tries in the first hour, which is what authorities allow; then ever fewer. */
const [FIRST_MS, LAST_MS] = [2 * MINUTE_MS, 12 * 60 * MINUTE_MS];
/** So long a proxy that asks when it is told is told to ask for a name. */
export const ASKED_MS = 90_000;

/** What is known of the certificate of one name that this agent gets. */
const Kept = z.object({
  certificate: z
    .object({
      /** In the folder that the proxy reads. */
      file: z.string(),
      notBefore: z.int(),
      notAfter: z.int(),
      directory: z.string(),
      /** When the agent got it; left out where another proxy had. */
      gotAt: z.int().optional(),
    })
    .nullable(),
  /** Tries since, written down before each: an agent that is killed over and over asks no more often. `problem`: null until one came to nothing. */
  tried: z.object({ times: z.int(), at: z.int(), problem: z.string().nullable(), directory: z.string(), again: z.boolean() }).nullable(),
});
export type Kept = z.output<typeof Kept>;

type Where = Pick<Machine, "folder" | "files">;

const NAMES = "certificates";
/** As a file's name: no host name has an underscore in it. */
export const safeName = (name: string) => name.replace(/(^|\/)\*\./, "$1_wildcard.");
export const certificateFolder = (name: string) => `${NAMES}/${safeName(name)}`;
export const sharedFolder = ({ folder }: Pick<Machine, "folder">) => `${folder}/proxy/config`;
const keptFile = (name: string, where: Pick<Machine, "folder">) => `${sharedFolder(where)}/${certificateFolder(name)}/kept.json`;

const nothing: Kept = { certificate: null, tried: null };

export async function keptOf(name: string, where: Where): Promise<Kept> {
  const text = await where.files.read(keptFile(name, where));
  return (text === undefined ? undefined : Kept.safeParse(jsonOf(text)).data) ?? nothing;
}

export const keep = (name: string, kept: Kept, where: Where) => where.files.write({ [keptFile(name, where)]: JSON.stringify(kept) });

/** Whether a name has still to get the certificate that is proven in the DNS: what is shown for it until then is for other names. */
export const waitsInDns = async ({ name, dnsProviderId }: Pick<Site, "name" | "dnsProviderId">, where: Where): Promise<boolean> =>
  dnsProviderId !== undefined && (await keptOf(name, where)).certificate === null;

/** When a certificate is to be asked for. */
export function dueAt({ certificate, tried }: Kept, directory: string): number {
  const wanted = certificate?.directory === directory ? renewalAt(certificate) : -Infinity;
  if (!tried || tried.again || tried.directory !== directory) return wanted;
  return Math.max(wanted, tried.at + Math.min(FIRST_MS * 2 ** (tried.times - 1), LAST_MS));
}

/** Where the clock here, or the authority's, is wrong, a new one may look as if it ended soon: it is not asked for another at once. */
const renewalAt = ({ notBefore, notAfter, gotAt = -Infinity }: NonNullable<Kept["certificate"]>) =>
  Math.max(notAfter - (notAfter - notBefore) * LEFT, gotAt + LAST_MS);

/**
 * The files of those that are here. A proxy that gets its own has these until they end, so that nobody waits for the first of them; `lent`:
 * of which names it need not get any yet.
 */
export async function keptFiles(
  { names, directory }: { names: string[]; directory: string },
  { certificatesBy, asksWhenTold }: Pick<Driver, "certificatesBy" | "asksWhenTold">,
  machine: Where & Pick<Machine, "now">,
): Promise<{ files: Map<string, string>; asking: Set<string>; lent: Set<string> }> {
  const files = new Map<string, string>();
  const [asking, lent] = [new Set<string>(), new Set<string>()];
  for (const name of names) {
    const { certificate, tried } = await keptOf(name, machine);
    if (asksWhenTold && tried?.directory === directory && machine.now() < tried.at + ASKED_MS) asking.add(name);
    else if (certificate && (certificatesBy === "agent" || certificate.notAfter > machine.now())) files.set(name, certificate.file);
    if (files.has(name) && certificate?.directory === directory && machine.now() < renewalAt(certificate)) lent.add(name);
  }
  return { files, asking, lent };
}

/** Somebody asks for those to be tried at once; but no name more often than once a minute. */
export async function tryAgain(names: string[], machine: Where & Pick<Machine, "now">): Promise<void> {
  for (const name of names) {
    const { certificate, tried } = await keptOf(name, machine);
    if (tried && machine.now() >= tried.at + MINUTE_MS) await keep(name, { certificate, tried: { ...tried, again: true } }, machine);
  }
}

/** In the words of the authority, or of a DNS provider. */
export async function certificateProblems(names: string[], { machine }: Pick<Asked, "machine">): Promise<Map<string, string>> {
  const problems = new Map<string, string>();
  for (const name of names) {
    const problem = (await keptOf(name, machine)).tried?.problem;
    if (problem) problems.set(name, problem);
  }
  return problems;
}

/** Files of certificates that nothing serves by, by name: what is in one of these texts stays. */
export async function removeOld(names: string[], texts: string[], where: Where): Promise<void> {
  for (const name of names) {
    const folder = `${sharedFolder(where)}/${certificateFolder(name)}`;
    const used = (await keptOf(name, where)).certificate?.file;
    for (const file of await where.files.list(folder)) {
      const path = `${certificateFolder(name)}/${file}`;
      if (!file.endsWith(".pem") || path === used || texts.some((text) => text.includes(path))) continue;
      await where.files.remove(`${sharedFolder(where)}/${path}`);
    }
  }
}
