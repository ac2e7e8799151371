import { fdatasync, openSync } from "node:fs";

type ToDisk = (file: number, done: (error: NodeJS.ErrnoException | null) => void) => void;

/**
 * Syncs SQLite's write-ahead log, away from the thread that everything else waits for, and once for all who have committed
 * meanwhile. With `synchronous = NORMAL` SQLite writes a commit to the log, in order and with its checksum, and leaves it to
 * whoever needs it on the disk to sync it (https://www.sqlite.org/pragma.html#pragma_synchronous).
 * `broken`: it could not be synced, so nobody knows what is on the disk.
 */
export function logSync(path: string, broken: (error: unknown) => void, toDisk: ToDisk = fdatasync) {
  let file: number | undefined;
  let dirty = false;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const sync = () =>
    new Promise<void>((done) => {
      dirty = false;
      file ??= openSync(path, "r");
      toDisk(file, (error) => (error ? broken(error) : done()));
    });
  function begin() {
    running = sync().finally(() => (running = undefined));
    return running;
  }

  return {
    /** Something was committed. */
    committed: () => void (dirty = true),
    /** Resolves once all that is committed now is on the disk; undefined where it is already. */
    safe(): Promise<void> | undefined {
      // It has not begun, so it covers everything until now.
      if (next) return next;
      if (!dirty) return running;
      if (!running) return begin();
      // What runs now may have begun before the last commit.
      next = running
        .catch(() => {})
        .then(() => {
          next = undefined;
          return begin();
        });
      return next;
    },
  };
}
