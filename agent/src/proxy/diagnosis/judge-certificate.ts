import { covers } from "@appos/shared/certificate-names";
import type { CheckFinding } from "@appos/shared/site-check";
import type { Certificate, Https } from "@appos/shared/sites";
import { listed, ok, skipped, wrong } from "./finding.ts";

interface CertificateSeen {
  name: string;
  https: Https;
  /** The one that the proxy shows to visitors of the name. */
  certificate: Certificate | null;
  /** What the authority said last, where it gave none. */
  words: string | undefined;
  caa: { message: string; remedy: string } | undefined;
  /** Whether the authority looks in the DNS whose the name is. */
  inDns: boolean;
  proxyAnswers: boolean;
  now: number;
}

export function judgeCertificate({ name, https, certificate, words, caa, inDns, proxyAnswers, now }: CertificateSeen): CheckFinding {
  if (https === "off") return ok("certificate", "HTTPS is off for it, so it needs no certificate.");
  const renewal = caa ? [`It will not be renewed as it is: ${caa.message} ${caa.remedy}`] : [];
  const asked = remedies[https];
  if (certificate) {
    const { issuer, names, notAfter } = certificate;
    if (!covers(names, name))
      return wrong("certificate", `The certificate that is shown is for ${listed(names.slice(0, 5))}, and not for ${name}.`, asked);
    const day = new Date(notAfter).toISOString().slice(0, 10);
    if (notAfter <= now)
      return wrong("certificate", `Its certificate expired on ${day}.`, words === undefined ? asked : `${said(words)}`, renewal);
    return ok("certificate", `Its certificate is from ${issuer || "an authority without a name"} and valid until ${day}.`, [
      ...renewal,
      ...facts[https],
    ]);
  }
  if (words !== undefined)
    return wrong(
      "certificate",
      said(words),
      caa ? caa.remedy : "Once that is mended, have it asked for again: Try again, beside the domain.",
      caa ? [caa.message] : [],
    );
  if (caa) return wrong("certificate", caa.message, caa.remedy);
  if (!proxyAnswers) return skipped("certificate", "Not looked at: the proxy does not answer.");
  if (https !== "acme") return wrong("certificate", `The proxy shows no certificate for ${name}.`, again);
  return wrong(
    "certificate",
    `There is no certificate for ${name} yet.`,
    inDns
      ? "It comes once the name servers of its zone show a record for it, mostly within two minutes."
      : "It comes within a minute once the name leads here and port 80 answers.",
  );
}

const again = "Reload the proxy on the server's page.";
/** Of one that is not good. */
const remedies = {
  acme: "Have it asked for again: reload the proxy on the server's page.",
  own: "It was uploaded, and nobody renews it: replace it with a newer one under Settings, Your own certificates.",
  internal: again,
} as const;
const facts = {
  acme: [],
  own: ["It was uploaded, and is not renewed by itself."],
  internal: ["It is from this server's own authority: devices trust it once they trust the root certificate of that, and not before."],
} as const;

/** What kept it from being asked is said of it, and not by it. */
const said = (words: string) => (words.startsWith("The authority ") ? words : `The certificate authority said: ${words}`);
