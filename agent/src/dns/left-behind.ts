import type { DnsProvider } from "@appos/shared/dns-providers";
import { z } from "zod";
import { jsonOf } from "../json.ts";
import type { Machine } from "../machine/machine.ts";
import { safeName } from "../proxy/certificates.ts";
import { clientOf } from "./provider.ts";
import type { Tools } from "./tools.ts";

/** Records that were set for the certificate of one name, or were about to be. */
const SetRecords = z.array(z.object({ provider: z.string(), name: z.string(), value: z.string() }));
export type SetRecord = z.output<typeof SetRecords>[number];

type Where = Pick<Machine, "folder" | "files">;

/** No proxy sees that. */
const notes = ({ folder }: Pick<Machine, "folder">) => `${folder}/proxy/dns-records`;
const noteOf = (name: string, where: Where) => `${notes(where)}/${safeName(name)}.json`;

async function noted(path: string, { files }: Where): Promise<SetRecord[]> {
  const text = await files.read(path);
  return (text === undefined ? undefined : SetRecords.safeParse(jsonOf(text)).data) ?? [];
}

const write = (path: string, records: SetRecord[], { files }: Where) =>
  records.length > 0 ? files.write({ [path]: JSON.stringify(records) }) : files.remove(path);

/** Written down before it is set: an agent that is killed finds it. */
export async function note(name: string, record: SetRecord, where: Where): Promise<void> {
  const path = noteOf(name, where);
  await write(path, [...(await noted(path, where)), record], where);
}

/** Takes away what is there for a name's certificate. What cannot be taken away now is noted still. */
export const removeSet = (name: string, providers: readonly DnsProvider[], machine: Where & Tools, signal: AbortSignal) =>
  removeNoted(noteOf(name, machine), providers, machine, signal);

/** The same, for all names: what an agent left behind that was killed. */
export async function removeLeft(providers: readonly DnsProvider[], machine: Where & Tools, signal: AbortSignal): Promise<void> {
  for (const file of await machine.files.list(notes(machine))) await removeNoted(`${notes(machine)}/${file}`, providers, machine, signal);
}

async function removeNoted(path: string, providers: readonly DnsProvider[], machine: Where & Tools, signal: AbortSignal) {
  const records = await noted(path, machine);
  const left = [];
  for (const record of records) {
    const provider = providers.find(({ id }) => id === record.provider);
    // Who may change it no more can only leave it.
    if (!provider) continue;
    const isGone = await clientOf(provider, machine)
      .remove(record.name, record.value, signal)
      .then(
        () => true,
        () => false,
      );
    if (!isGone) left.push(record);
  }
  if (left.length < records.length) await write(path, left, machine);
}
