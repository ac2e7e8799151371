import type { Machine } from "../../machine/machine.ts";

/** Passwords and pages that nothing speaks of. */
export async function tidyShown(kinds: string[], used: string[], { shown }: Pick<Machine, "shown">) {
  const isOurs = (name: string) => kinds.some((kind) => name.startsWith(kind));
  for (const name of await shown.files.list(shown.folder))
    if (isOurs(name) && !used.includes(name)) await shown.files.remove(`${shown.folder}/${name}`);
}
