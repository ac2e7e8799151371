import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import * as x509 from "@peculiar/x509";
import type { LeafOrder, Times } from "./authority.ts";

const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const ORGANISATION = "AppOS";
/** X.520: a common name has no more. */
const COMMON_NAME = 64;

const newKeys = () => crypto.subtle.generateKey(ECDSA, true, ["sign", "verify"]);
type Keys = Awaited<ReturnType<typeof newKeys>>;
const nameOf = (common: string) => [{ O: [ORGANISATION] }, ...(common.length > COMMON_NAME ? [] : [{ CN: [common] }])];
/** RFC 5280: positive, and of no more than 20 bytes. */
const serialNumber = () => `4${randomBytes(16).toString("hex").slice(1)}`;
const dates = ({ notBefore, notAfter }: Times) => ({ notBefore: new Date(notBefore), notAfter: new Date(notAfter) });

async function withKey(certificate: x509.X509Certificate, { privateKey }: Keys): Promise<string> {
  const key = x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", privateKey), "PRIVATE KEY");
  return `${key.trim()}\n${certificate.toString("pem").trim()}\n`;
}

/** An authority that only those trust who are given its certificate. It issues for names, and for no other authority. */
export async function newRoot(times: Times): Promise<string> {
  const keys = await newKeys();
  // Two servers may have the same name, and a server a second authority.
  const name = nameOf(`Authority of ${hostname().slice(0, 40)} ${randomBytes(3).toString("hex")}`);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name,
    ...dates(times),
    keys,
    signingAlgorithm: ECDSA,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return withKey(root, keys);
}

/** A key and a certificate of a name, then the root's own. */
export async function newLeaf({ name, root, ...times }: LeafOrder): Promise<string> {
  const issuer = new x509.X509Certificate(root.slice(root.indexOf("-----BEGIN CERTIFICATE-----")));
  const der = x509.PemConverter.decodeFirst(root);
  const signingKey = await crypto.subtle.importKey("pkcs8", der, ECDSA, false, ["sign"]);
  const keys = await newKeys();
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: nameOf(name),
    issuer: issuer.subjectName.toJSON(),
    ...dates(times),
    signingKey,
    publicKey: keys.publicKey,
    signingAlgorithm: ECDSA,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${await withKey(leaf, keys)}${issuer.toString("pem").trim()}\n`;
}
