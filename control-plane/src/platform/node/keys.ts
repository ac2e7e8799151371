import { randomBytes, scrypt } from "node:crypto";
import { chmod, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Keys } from "../../ports.ts";

const derive = promisify<string, Uint8Array, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);

const KEPT = "secret.key";

/** The master key given, or the one kept in the data folder, made at the first start. */
export async function nodeKeys(dataDir: string, given: Uint8Array | undefined): Promise<Keys> {
  const turns = twoAtATime();
  return {
    master: given ?? (await masterKeyIn(dataDir)) ?? (await newKey(join(dataDir, KEPT))),
    scrypt: (password, salt, { N, r, p, length }) =>
      turns(async () => new Uint8Array(await derive(password, salt, length, { N, r, p, maxmem: 256 * N * r }))),
  };
}

/** The master key that the data folder keeps; undefined before the first start. */
export async function masterKeyIn(dataDir: string): Promise<Uint8Array | undefined> {
  const path = join(dataDir, KEPT);
  const kept = await readFile(path, "utf8").catch(() => undefined);
  if (kept === undefined) return undefined;
  const key = new Uint8Array(Buffer.from(kept, "base64"));
  if (key.length !== 32) throw new Error(`The master key in ${path} is damaged: it must be 32 bytes in base64. Put the right one back.`);
  return key;
}

async function newKey(path: string): Promise<Uint8Array> {
  const key = randomBytes(32);
  const file = await open(path, "wx", 0o600);
  await file.writeFile(key.toString("base64"));
  await file.sync();
  await file.close();
  await chmod(path, 0o600);
  return new Uint8Array(key);
}

/** Each hash takes 32 MiB and a core for a while: more than two at once would starve everything else. */
function twoAtATime() {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <T>(task: () => Promise<T>): Promise<T> => {
    if (running >= 2) await new Promise<void>((go) => waiting.push(go));
    running++;
    try {
      return await task();
    } finally {
      running--;
      waiting.shift()?.();
    }
  };
}
