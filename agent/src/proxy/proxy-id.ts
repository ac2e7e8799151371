import type { Machine } from "../machine/machine.ts";

type Place = Pick<Machine, "folder" | "files">;
const fileOf = ({ folder }: Pick<Machine, "folder">) => `${folder}/proxy/id`;

/** By which this server's proxy is known, whatever it serves: it says it to whoever asks, so that they know whom they have reached. */
export async function proxyId(machine: Place): Promise<string> {
  const known = await knownProxyId(machine);
  if (known !== undefined) return known;
  const id = crypto.randomUUID();
  await machine.files.write({ [fileOf(machine)]: id });
  return id;
}

/** Undefined where it has never been given any. */
export const knownProxyId = async (machine: Place): Promise<string | undefined> => {
  const id = (await machine.files.read(fileOf(machine)))?.trim();
  return id !== undefined && /^[0-9a-f-]{36}$/.test(id) ? id : undefined;
};
