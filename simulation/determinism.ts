import { createCipheriv, createDecipheriv, createHash, createPrivateKey, createPublicKey, hkdfSync, sign, verify } from "node:crypto";
import { chanceFrom } from "./chance.ts";
import type { VirtualTime } from "./time.ts";

const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI = Buffer.from("302a300506032b6570032100", "hex");
type Bytes = ArrayBuffer | Uint8Array;
const bytes = (data: Bytes) => Buffer.from(data instanceof Uint8Array ? data : new Uint8Array(data));
const exact = (data: Buffer) => new Uint8Array(data).buffer;

/**
 * Takes chance, clocks and threads out of this process: what is random comes from a seed, what tells the time from the world, and
 * cryptography, which Web Crypto does on other threads, is done at once by the same algorithms.
 */
export function determined(now: () => number) {
  let chance = chanceFrom(0);
  let time: VirtualTime | undefined;
  const later = (task: () => void, ms = 0) => time?.timer(ms, task) ?? task();
  const fill = <T extends ArrayBufferView>(view: T): T => {
    const all = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let i = 0; i < all.length; i++) all[i] = chance.upTo(256);
    return view;
  };
  const set = (object: object, name: string, value: unknown) =>
    Object.defineProperty(object, name, { value, configurable: true, writable: true });

  set(crypto, "getRandomValues", fill);
  set(crypto, "randomUUID", () => fill(Buffer.alloc(16)).toString("hex"));
  set(Math, "random", () => chance.next());
  set(Date, "now", now);
  set(globalThis, "setTimeout", later);
  set(globalThis, "clearTimeout", (cancel: (() => void) | undefined) => cancel?.());
  set(AbortSignal, "timeout", (ms: number) => {
    const controller = new AbortController();
    later(() => controller.abort(new DOMException("Too late", "TimeoutError")), ms);
    return controller.signal;
  });
  for (const [name, task] of Object.entries(subtle)) set(crypto.subtle, name, task);
  return {
    /** From here on chance comes from this seed, and what waits does so in this world's time. */
    begin(seed: number, world: VirtualTime) {
      chance = chanceFrom(seed);
      time = world;
    },
  };
}

/** As much of Web Crypto as both cores use. A key is its raw bytes. */
const subtle = {
  importKey: async (format: string, data: Bytes) => (format === "pkcs8" ? bytes(data).subarray(PKCS8.length) : bytes(data)),
  async exportKey(_: string, seed: Buffer) {
    const { x } = createPublicKey(privateKey(seed)).export({ format: "jwk" });
    return { x };
  },
  digest: async (_: string, data: Bytes) => exact(createHash("sha256").update(bytes(data)).digest()),
  deriveBits: async ({ salt, info }: { salt: Bytes; info: Bytes }, key: Buffer, bits: number) =>
    exact(Buffer.from(hkdfSync("sha256", key, bytes(salt), bytes(info), bits / 8))),
  sign: async (_: string, seed: Buffer, data: Bytes) => exact(sign(null, bytes(data), privateKey(seed))),
  verify: async (_: string, key: Buffer, signature: Bytes, data: Bytes) => verify(null, bytes(data), publicKey(key), bytes(signature)),
  async encrypt({ iv, additionalData }: Gcm, key: Buffer, data: Bytes) {
    const cipher = createCipheriv("aes-256-gcm", key, bytes(iv)).setAAD(bytes(additionalData));
    return exact(Buffer.concat([cipher.update(bytes(data)), cipher.final(), cipher.getAuthTag()]));
  },
  async decrypt({ iv, additionalData }: Gcm, key: Buffer, data: Bytes) {
    const sealed = bytes(data);
    const decipher = createDecipheriv("aes-256-gcm", key, bytes(iv)).setAAD(bytes(additionalData));
    decipher.setAuthTag(sealed.subarray(-16));
    return exact(Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]));
  },
};

interface Gcm {
  iv: Bytes;
  additionalData: Bytes;
}

/** Making a key of bytes takes longer than signing with it. */
const remembered = <T>(make: (raw: Buffer) => T) => {
  const known = new Map<string, T>();
  return (raw: Buffer) => {
    const name = raw.toString("hex");
    const key = known.get(name) ?? make(raw);
    known.set(name, key);
    return key;
  };
};
const privateKey = remembered((seed) => createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" }));
const publicKey = remembered((raw) => createPublicKey({ key: Buffer.concat([SPKI, raw]), format: "der", type: "spki" }));
