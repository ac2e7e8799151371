import { blocksIn, pemOf, refused } from "./pem.ts";

/** What Caddy and Nginx take, and browsers can be sure to. */
const kinds = [
  { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
] as const;
export type KeyKind = (typeof kinds)[number];
/** Longer ones take whoever signs with them seconds. */
const RSA_BITS = { least: 2_048, most: 8_192 };

export interface ReadKey {
  kind: KeyKind;
  key: Awaited<ReturnType<typeof crypto.subtle.importKey>>;
  /** PKCS#8, whatever it was given as, and nothing beside it. */
  pem: string;
}

/** Reads a private key, in any of the forms that tools write one in. Throws what is wrong with it. */
export async function readKey(text: string): Promise<ReadKey> {
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(text))
    throw refused("key", "The key is encrypted. Decrypt it first, where it is: openssl pkey -in key.pem -out plain.pem");
  const blocks = blocksIn(text).filter(({ label }) => label.endsWith("PRIVATE KEY"));
  if (blocks.length === 0) throw refused("key", "There is no private key in it. In PEM it goes from BEGIN PRIVATE KEY to END PRIVATE KEY.");
  if (blocks.length > 1) throw refused("key", "There are several private keys in it. Give the one of the first certificate.");
  for (const kind of kinds)
    for (const der of formsOf(blocks[0]!, kind)) {
      const key = await crypto.subtle.importKey("pkcs8", der, kind, true, ["sign"]).catch(() => undefined);
      if (key) return checked({ kind, key, pem: pemOf("PRIVATE KEY", (await crypto.subtle.exportKey("pkcs8", key)) as ArrayBuffer) });
    }
  throw refused("key", "The key cannot be read, or is of a kind that proxies do not take: it has to be RSA, or ECDSA with P-256 or P-384.");
}

function checked(read: ReadKey): ReadKey {
  const { modulusLength: bits } = read.key.algorithm as { modulusLength?: number };
  if (bits !== undefined && (bits < RSA_BITS.least || bits > RSA_BITS.most))
    throw refused("key", `The key has ${bits} bits. RSA keys have from ${RSA_BITS.least} to ${RSA_BITS.most}.`);
  return read;
}

/** Whether something that this key signs is taken for signed by that one. */
export async function belongs({ kind, key }: ReadKey, publicKey: ArrayBuffer): Promise<boolean> {
  const other = await crypto.subtle.importKey("spki", publicKey, kind, false, ["verify"]).catch(() => undefined);
  if (!other) return false;
  const words = crypto.getRandomValues(new Uint8Array(32));
  return crypto.subtle.verify(kind, other, await crypto.subtle.sign(kind, key, words), words);
}

/** Web Crypto reads PKCS#8 only; the older forms (PKCS#1, SEC 1) are what stands in that. */
function formsOf({ label, bytes }: { label: string; bytes: Uint8Array<ArrayBuffer> }, kind: KeyKind): Uint8Array<ArrayBuffer>[] {
  if (label === "PRIVATE KEY") return [bytes];
  if (label === "RSA PRIVATE KEY" && kind.name === "RSASSA-PKCS1-v1_5") return [wrapped([...oid(rsa), 0x05, 0x00], bytes)];
  if (label === "EC PRIVATE KEY" && kind.name === "ECDSA") return [wrapped([...oid(ec), ...oid(curves[kind.namedCurve])], bytes)];
  return [];
}

const rsa = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const ec = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const curves = { "P-256": [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07], "P-384": [0x2b, 0x81, 0x04, 0x00, 0x22] };

const oid = (of: number[]) => [0x06, of.length, ...of];
const wrapped = (algorithm: number[], key: Uint8Array) =>
  Uint8Array.from(tagged(0x30, [0x02, 0x01, 0x00, ...tagged(0x30, algorithm), ...tagged(0x04, [...key])]));

/** DER: what it is, how long, and what is in it. */
function tagged(tag: number, inner: number[]): number[] {
  const { length } = inner;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return [tag, ...size, ...inner];
}
