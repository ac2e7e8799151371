import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const ID_BYTES = 16;
const NUMBER_BYTES = 8;
const TAG_BYTES = 16;
const HEAD_BYTES = ID_BYTES + NUMBER_BYTES + TAG_BYTES;
const SENDERS_KEPT = 1_000;

export interface Opened {
  /** The process that sealed it, in hex, and the number it gave it: every other thing it seals has a higher one. */
  from: string;
  number: number;
  bytes: Buffer;
}

/**
 * Seals what processes say to each other over a network that others may listen to, or speak in: AES-256-GCM, bound to where it is
 * said. Each process has a key of its own and numbers what it seals, so that no number is ever used twice under one key.
 */
export function envelope(shared: Uint8Array) {
  const own = randomBytes(ID_BYTES);
  const keyOf = (id: Buffer) => Buffer.from(hkdfSync("sha256", shared, id, "appos process", 32));
  const ownKey = keyOf(own);
  const keys = new Map<string, Buffer>();
  let last = 0;

  return {
    /** This process, until it ends. */
    id: own.toString("hex"),

    seal(where: string, bytes: Uint8Array): Buffer {
      const number = Buffer.alloc(NUMBER_BYTES);
      number.writeBigUInt64BE(BigInt(++last));
      const cipher = createCipheriv("aes-256-gcm", ownKey, nonceOf(number)).setAAD(Buffer.from(where));
      const sealed = [cipher.update(bytes), cipher.final()];
      return Buffer.concat([own, number, cipher.getAuthTag(), ...sealed]);
    },

    /** Undefined for what none of us has sealed, or for another place. */
    open(where: string, sealed: Uint8Array): Opened | undefined {
      const all = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      if (all.length < HEAD_BYTES) return undefined;
      const id = all.subarray(0, ID_BYTES);
      const from = id.toString("hex");
      const key = keys.get(from) ?? keyOf(id);
      const number = all.subarray(ID_BYTES, ID_BYTES + NUMBER_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", key, nonceOf(number)).setAAD(Buffer.from(where));
      decipher.setAuthTag(all.subarray(ID_BYTES + NUMBER_BYTES, HEAD_BYTES));
      try {
        const bytes = Buffer.concat([decipher.update(all.subarray(HEAD_BYTES)), decipher.final()]);
        if (keys.size >= SENDERS_KEPT) keys.clear();
        keys.set(from, key);
        return { from, number: Number(number.readBigUInt64BE()), bytes };
      } catch {
        return undefined;
      }
    },
  };
}

const nonceOf = (number: Buffer) => Buffer.concat([Buffer.alloc(4), number]);
