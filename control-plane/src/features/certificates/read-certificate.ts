import type { X509Certificate } from "@peculiar/x509";
import type { ReplaceCertificate } from "@appos/shared/certificates";
import { blocksIn, pemOf, refused } from "./pem.ts";
import { belongs, readKey } from "./read-key.ts";

export interface Read {
  /** Both in PEM, written anew from what was understood: nothing else of what was given goes anywhere. */
  chain: string;
  key: string;
  names: string[];
  issuer: string;
  notBefore: number;
  notAfter: number;
  fingerprint: string;
}

/** More are no chain; and no certificate is for more names. */
const [CHAIN, NAMES] = [10, 100];

/** Clocks differ. */
const CLOCKS_MS = 60 * 60_000;

/** Reads what somebody uploads, and says what is wrong with it: it will be served as it is. */
export async function readCertificate(given: ReplaceCertificate, now: number): Promise<Read> {
  const key = await readKey(given.key);
  const chain = await certificatesIn(given.chain);
  const owners = await Promise.all(chain.map(({ publicKey }) => belongs(key, publicKey.rawData)));
  if (!owners[0]) {
    const other = owners.indexOf(true);
    throw other > 0
      ? refused("chain", `The key belongs to ${nth(other)}. That one comes first, then what it was issued by.`)
      : refused("key", "The key belongs to another certificate than the first one of the chain.");
  }
  for (const [i, one] of chain.entries()) {
    const [what, from, until] = [chain.length > 1 ? nth(i) : "the certificate", one.notBefore.getTime(), one.notAfter.getTime()];
    if (until <= now) throw refused("chain", `${upper(what)} expired on ${day(until)}.`);
    if (from > now + CLOCKS_MS) throw refused("chain", `${upper(what)} is not valid before ${day(from)}.`);
    const issuer = chain[i + 1];
    if (issuer && !(await one.verify({ publicKey: issuer, signatureOnly: true }).catch(() => false)))
      throw refused("chain", `${upper(what)} was not issued by the next one, ${issuer.subject || "which has no name"}. Put them in order.`);
  }
  const [leaf] = chain;
  const names = await namesOf(leaf!);
  if (names.length === 0)
    throw refused("chain", "The first certificate is for no host name (subject alternative name), so no browser takes it.");
  const words = ["O", "CN"].flatMap((field) => leaf!.issuerName.getField(field)[0] ?? []);
  return {
    chain: chain.map(({ rawData }) => pemOf("CERTIFICATE", rawData)).join(""),
    key: key.pem,
    names,
    issuer: words.join(", ").slice(0, 500),
    notBefore: leaf!.notBefore.getTime(),
    notAfter: leaf!.notAfter.getTime(),
    fingerprint: hex(await crypto.subtle.digest("SHA-256", leaf!.rawData)),
  };
}

const reader = () => import("./x509.ts");

async function certificatesIn(text: string): Promise<X509Certificate[]> {
  const blocks = blocksIn(text);
  if (blocks.some(({ label }) => label.endsWith("PRIVATE KEY")))
    throw refused("chain", "There is a private key among the certificates. Give it as the key, and nowhere else.");
  const own = blocks.filter(({ label }) => label === "CERTIFICATE" || label === "X509 CERTIFICATE");
  if (own.length === 0) throw refused("chain", "There is no certificate in it. In PEM it goes from BEGIN CERTIFICATE to END CERTIFICATE.");
  if (own.length > CHAIN) throw refused("chain", `There are ${own.length} certificates in it: give one with what it was issued by.`);
  const { X509Certificate: Certificate } = await reader();
  return own.map(({ bytes }, i) => {
    try {
      return new Certificate(bytes);
    } catch {
      throw refused("chain", `${upper(nth(i))} cannot be read.`);
    }
  });
}

async function namesOf(certificate: X509Certificate): Promise<string[]> {
  const { SubjectAlternativeNameExtension: Names } = await reader();
  const names =
    certificate.getExtension(Names)?.names.items.flatMap(({ type, value }) => (type === "dns" ? value.toLowerCase() : [])) ?? [];
  return [...new Set(names)].slice(0, NAMES);
}

const nth = (i: number) => (i === 0 ? "the first certificate" : `certificate ${i + 1} of the chain`);
const upper = (words: string) => words[0]!.toUpperCase() + words.slice(1);
const day = (at: number) => new Date(at).toISOString().slice(0, 10);
const hex = (bytes: ArrayBuffer) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
