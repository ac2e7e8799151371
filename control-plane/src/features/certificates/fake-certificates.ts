import * as x509 from "@peculiar/x509";

// Certificates as authorities issue them, made in memory: for tests.

const DAY = 24 * 60 * 60_000;
const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
export const RSA = (modulusLength: number) => ({
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength,
  publicExponent: new Uint8Array([1, 0, 1]),
});

interface Wanted {
  names?: string[];
  algorithm?: { name: string; hash?: string };
  from?: number;
  days?: number;
  by?: Issued;
  now?: number;
}
export interface Issued {
  certificate: x509.X509Certificate;
  keys: CryptoKeyPair;
  /** In PEM. */
  chain: string;
  key: string;
}

let serial = 1;

/** A certificate with its key; of an authority of its own where none is given. */
export async function issued({
  names = ["a.test"],
  algorithm = EC,
  from = 0,
  days = 90,
  by,
  now = Date.now(),
}: Wanted = {}): Promise<Issued> {
  const keys = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: (serial += 1).toString(16).padStart(4, "0"),
    subject: `CN=${names[0] ?? "nobody"}`,
    issuer: by?.certificate.subject ?? "O=Test Authority",
    notBefore: new Date(now + from * DAY),
    notAfter: new Date(now + (from + days) * DAY),
    publicKey: keys.publicKey,
    signingKey: (by?.keys ?? keys).privateKey,
    signingAlgorithm: by ? EC : algorithm,
    extensions: names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value })))] : [],
  });
  const chain = `${certificate.toString("pem").trim()}\n${by?.chain ?? ""}`;
  const key = x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { certificate, keys, chain, key };
}
