import { fromBase64Url, toBase64Url, utf8 } from "./bytes.ts";

export type Secrets = ReturnType<typeof secrets>;

/** Which master key sealed it; another number will be another key. */
const KEY_ID = "k1";

/** Seals what only the control plane may read: AES-256-GCM, bound to the row it belongs to. Text: `k1.<nonce>.<ciphertext>`. */
export function secrets(master: Uint8Array) {
  const key = derive(master, "seal").then((bits) => crypto.subtle.importKey("raw", bits, "AES-GCM", false, ["encrypt", "decrypt"]));
  const binding = (about: string) => utf8(`${KEY_ID} ${about}`);
  return {
    async seal(text: string, about: string): Promise<string> {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: binding(about) }, await key, utf8(text));
      return [KEY_ID, toBase64Url(iv), toBase64Url(sealed)].join(".");
    },
    /** Throws when it was sealed under another key, or about another row. */
    async open(sealed: string, about: string): Promise<string> {
      const [, iv = "", ciphertext = ""] = sealed.split(".");
      const text = await crypto.subtle.decrypt(
        { name: "AES-GCM", iv: fromBase64Url(iv), additionalData: binding(about) },
        await key,
        fromBase64Url(ciphertext),
      );
      return new TextDecoder().decode(text);
    },
  };
}

/** 32 bytes for one purpose, from the master key (HKDF, RFC 5869). */
export async function derive(master: Uint8Array, purpose: string): Promise<ArrayBuffer> {
  const key = await crypto.subtle.importKey("raw", new Uint8Array(master), "HKDF", false, ["deriveBits"]);
  return crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(`appos ${purpose}`) }, key, 256);
}
