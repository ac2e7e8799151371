import { sha256 as digest } from "@noble/hashes/sha2.js";

/** Text encodings that Workers and Node share. */
export const utf8 = (text: string) => new TextEncoder().encode(text);

export function toBase64Url(bytes: Uint8Array | ArrayBuffer): string {
  const binary = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

/** `bytes` random bytes, base64url. */
export const randomText = (bytes: number) => toBase64Url(crypto.getRandomValues(new Uint8Array(bytes)));

/** What is stored in place of a token: nobody can turn it back. Synchronous: the way to another thread takes longer than the hash. */
export const sha256 = (text: string) => toBase64Url(digest(utf8(text)));

/** Takes as long for a near miss as for a wild guess. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (const [i, byte] of a.entries()) difference |= byte ^ b[i]!;
  return difference === 0;
}
