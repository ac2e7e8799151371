import { closeSync, openSync } from "node:fs";
import { basename, dirname } from "node:path";

/** A socket's name may have so many bytes. */
const LONGEST = 107;

/** A name by which a socket can be opened, however deep it lies. The answer's `done` gives back what that takes. */
export function near(path: string): { name: string; done(): void } {
  if (Buffer.byteLength(path) <= LONGEST) return { name: path, done: () => {} };
  const folder = openSync(dirname(path), "r");
  let open = true;
  const done = () => {
    if (open) closeSync(folder);
    open = false;
  };
  return { name: `/proc/self/fd/${folder}/${basename(path)}`, done };
}
