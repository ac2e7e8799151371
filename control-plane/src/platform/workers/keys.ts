import { scryptSync } from "node:crypto";
import type { Keys } from "../../ports.ts";

/** An isolate has 128 MB and one thread. One hash takes 32 MiB, and none begins before the one before has ended. */
export const workerKeys = (master: Uint8Array): Keys => ({
  master,
  scrypt: async (password, salt, { N, r, p, length }) =>
    new Uint8Array(scryptSync(password, salt, length, { N, r, p, maxmem: 256 * N * r })),
});
