const base64Url = (bytes: ArrayBuffer) => Buffer.from(bytes).toString("base64url");

/** A new Ed25519 key pair: the public half raw, the private half PKCS #8, both base64url. */
export async function newKeyPair() {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("publicKey" in pair)) throw new Error("Ed25519 keys come in pairs");
  return {
    publicKey: base64Url(await crypto.subtle.exportKey("raw", pair.publicKey)),
    privateKey: base64Url(await crypto.subtle.exportKey("pkcs8", pair.privateKey)),
  };
}

/** The id that a control plane with this key has: `cp_` and the SHA-256 of the raw key. */
export const controlPlaneIdOf = async (key: string) =>
  `cp_${base64Url(await crypto.subtle.digest("SHA-256", Buffer.from(key, "base64url")))}`;
