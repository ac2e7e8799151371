import { readFile } from "node:fs/promises";

/** Another one each time this host starts; null where its kernel does not say. */
export const bootId = () =>
  readFile("/proc/sys/kernel/random/boot_id", "utf8").then(
    (text) => text.trim().slice(0, 63) || null,
    () => null,
  );
