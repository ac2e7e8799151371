import type { CheckFinding } from "@appos/shared/site-check";
import type { Certificate, Site } from "@appos/shared/sites";
import { listed, ok, skipped, wrong } from "./finding.ts";

interface CertificateSeen {
  name: string;
  https: Site["https"];
  /** The one that the proxy shows to visitors of the name. */
  certificate: Certificate | null;
  /** What the authority said last, where it gave none. */
  words: string | undefined;
  caa: { message: string; remedy: string } | undefined;
  proxyAnswers: boolean;
  now: number;
}

export function judgeCertificate({ name, https, certificate, words, caa, proxyAnswers, now }: CertificateSeen): CheckFinding {
  if (https === "off") return ok("certificate", "HTTPS is off for it, so it needs no certificate.");
  const renewal = caa ? [`It will not be renewed as it is: ${caa.message} ${caa.remedy}`] : [];
  const asked = "Have it asked for again: reload the proxy on the server's page.";
  if (certificate) {
    const { issuer, names, notAfter } = certificate;
    if (!names.some((each) => covers(each, name)))
      return wrong("certificate", `The certificate that is shown is for ${listed(names.slice(0, 5))}, and not for ${name}.`, asked);
    const day = new Date(notAfter).toISOString().slice(0, 10);
    if (notAfter <= now)
      return wrong("certificate", `Its certificate expired on ${day}.`, words === undefined ? asked : `${said(words)}`, renewal);
    return ok("certificate", `Its certificate is from ${issuer || "an authority without a name"} and valid until ${day}.`, renewal);
  }
  if (words !== undefined)
    return wrong("certificate", said(words), caa ? caa.remedy : `Once that is mended: ${asked}`, caa ? [caa.message] : []);
  if (caa) return wrong("certificate", caa.message, caa.remedy);
  if (!proxyAnswers) return skipped("certificate", "Not looked at: the proxy does not answer.");
  return wrong(
    "certificate",
    `There is no certificate for ${name} yet.`,
    "It comes within a minute once the name leads here and port 80 answers.",
  );
}

const said = (words: string) => `The certificate authority said: ${words}`;

function covers(given: string, name: string): boolean {
  const pattern = given.toLowerCase();
  return pattern === name || (pattern.startsWith("*.") && name.slice(name.indexOf(".")) === pattern.slice(1));
}
