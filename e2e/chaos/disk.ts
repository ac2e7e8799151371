import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { atEnd } from "../world/ends.ts";
import { attempt, run } from "../world/program.ts";
import { folder } from "../world/places.ts";

const INODES = 4_000;

export type Disk = Awaited<ReturnType<typeof smallDisk>>;

/** A disk of so many mebibytes that one program has for itself. */
export async function smallDisk(mebibytes: number) {
  const path = folder("disk");
  await run("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m,nr_inodes=${INODES},mode=700`, "appos-chaos", path]);
  atEnd(() => attempt("umount", ["-l", path]));
  const home = join(path, "home");
  mkdirSync(home, { mode: 0o700 });
  const [ballast, files] = [join(path, "ballast"), join(path, "files")];
  return {
    home,
    /** To the last byte. */
    fill() {
      const file = openSync(ballast, "a");
      for (let size = 1 << 20; size > 0;) {
        try {
          if (writeSync(file, Buffer.alloc(size)) < size) size >>= 1;
        } catch {
          size >>= 1;
        }
      }
      closeSync(file);
    },
    /** Room is left, but not for one more file. */
    fillWithFiles() {
      mkdirSync(files, { recursive: true });
      try {
        for (let n = 0; n < INODES; n++) closeSync(openSync(join(files, String(n)), "w"));
      } catch {
        // That was the last one.
      }
    },
    free() {
      for (const left of [ballast, files]) rmSync(left, { recursive: true, force: true });
    },
  };
}
