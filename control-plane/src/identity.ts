import { fromBase64Url, toBase64Url, utf8 } from "./bytes.ts";
import { derive } from "./secrets.ts";

export type Identity = Awaited<ReturnType<typeof identity>>;

/** PKCS #8 of an Ed25519 key is this, then the 32 bytes of its seed (RFC 8410). */
const PKCS8 = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/** Who the control plane is to its agents: an Ed25519 key that comes from the master key, so it moves house with it. */
export async function identity(master: Uint8Array) {
  const seed = new Uint8Array(await derive(master, "control plane identity"));
  const key = await crypto.subtle.importKey("pkcs8", new Uint8Array([...PKCS8, ...seed]), "Ed25519", true, ["sign"]);
  const { x: publicKey } = (await crypto.subtle.exportKey("jwk", key)) as { x: string };
  return {
    id: `cp_${toBase64Url(await crypto.subtle.digest("SHA-256", fromBase64Url(publicKey)))}`,
    /** Raw, base64url. */
    publicKey,
    sign: async (text: string) => toBase64Url(await crypto.subtle.sign("Ed25519", key, utf8(text))),
  };
}

/** Whether the holder of a raw public key signed this text. Anything that is no key or no signature did not. */
export async function signedBy(publicKey: string, text: string, signature: string): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("raw", fromBase64Url(publicKey), "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, fromBase64Url(signature), utf8(text));
  } catch {
    return false;
  }
}
