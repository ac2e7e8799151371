import { type Answered, afterName, nameBytes, u16, u32 } from "./update-message.ts";

// Signatures of DNS messages: RFC 8945.

export interface TsigKey {
  keyName: string;
  algorithm: "hmac-sha256" | "hmac-sha384" | "hmac-sha512";
  /** In base64. */
  secret: string;
}

const [TSIG, ANY] = [250, 255];
/** Section 5.2.3: so far may two clocks differ. In seconds. */
const FUDGE = 300;
/** Where the number of additional records stands. */
const ARCOUNT = 10;
const hashes = { "hmac-sha256": "SHA-256", "hmac-sha384": "SHA-384", "hmac-sha512": "SHA-512" } as const;

async function hmacKey({ algorithm, secret }: TsigKey) {
  const bytes = Uint8Array.from(atob(secret), (sign) => sign.charCodeAt(0));
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: hashes[algorithm] }, false, ["sign", "verify"]);
}

const u48 = (seconds: number) => [...u16(Math.floor(seconds / 2 ** 32)), ...u32(seconds % 2 ** 32)];

/** Section 4.3.3: what of the signature itself is signed. */
const variables = ({ keyName, algorithm }: TsigKey, time: number[], error: number, other: readonly number[]) => [
  ...nameBytes(keyName),
  ...u16(ANY),
  ...u32(0),
  ...nameBytes(algorithm),
  ...time,
  ...u16(error),
  ...u16(other.length),
  ...other,
];

export interface Signed {
  message: Uint8Array<ArrayBuffer>;
  mac: Uint8Array<ArrayBuffer>;
}

/** A message with its signature behind it. `at`: milliseconds UTC. */
export async function sign(message: Uint8Array<ArrayBuffer>, key: TsigKey, at: number): Promise<Signed> {
  const time = [...u48(Math.floor(at / 1_000)), ...u16(FUDGE)];
  const signed = Uint8Array.from([...message, ...variables(key, time, 0, [])]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", await hmacKey(key), signed));
  const data = [...nameBytes(key.algorithm), ...time, ...u16(mac.length), ...mac, ...message.slice(0, 2), ...u16(0), ...u16(0)];
  const record = [...nameBytes(key.keyName), ...u16(TSIG), ...u16(ANY), ...u32(0), ...u16(data.length), ...data];
  const whole = Uint8Array.from([...message, ...record]);
  whole[ARCOUNT + 1] = message[ARCOUNT + 1]! + 1;
  return { message: whole, mac };
}

export interface Verdict {
  /** Section 3: 16 BADSIG, 17 BADKEY, 18 BADTIME; 0 where there is nothing to say. */
  error: number;
  /** By whoever has the key. */
  isSigned: boolean;
  /** What its clock says, where ours is another; seconds. */
  serverTime: number | undefined;
}

/** Whether an answer is of whoever has the key, and is one to this request. */
export async function verify(bytes: Uint8Array, { additional }: Answered, key: TsigKey, request: Uint8Array): Promise<Verdict> {
  const record = additional.at(-1);
  if (!record || record.type !== TSIG) return { error: 0, isSigned: false, serverTime: undefined };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const timeAt = afterName(bytes, record.data);
  const length = view.getUint16(timeAt + 8);
  const afterMac = timeAt + 10 + length;
  if (afterMac + 6 > record.end) throw new Error("its answer is cut off");
  const [error, othersLength] = [view.getUint16(afterMac + 2), view.getUint16(afterMac + 4)];
  const other = Array.from(bytes.subarray(afterMac + 6, Math.min(afterMac + 6 + othersLength, record.end)));
  const mac = Uint8Array.from(bytes.slice(timeAt + 10, afterMac));
  const body = Uint8Array.from(bytes.slice(0, record.at));
  // As it was signed: without the signature, and with the request's own number (sections 5.3 and 5.3.1).
  new DataView(body.buffer).setUint16(ARCOUNT, additional.length - 1);
  body.set(bytes.slice(afterMac, afterMac + 2), 0);
  const time = Array.from(bytes.subarray(timeAt, timeAt + 8));
  const signed = Uint8Array.from([...u16(request.length), ...request, ...body, ...variables(key, time, error, other)]);
  // A shorter one than the algorithm makes is none: section 5.2.2.1 would allow it, and nobody is known to send it.
  const isSigned = await crypto.subtle.verify("HMAC", await hmacKey(key), mac, signed);
  return { error, isSigned, serverTime: other.length === 6 ? other.reduce((sum, byte) => sum * 256 + byte, 0) : undefined };
}
