import type { ChangeProxy, DomainView } from "@appos/shared/domains";
import { isWildcard } from "@appos/shared/wildcards";
import { dayAndYear } from "../../format/time.ts";
import type { Tone } from "../../ui/tone.ts";

interface Said {
  tone: Tone;
  word: string;
}

/** What domains and the console's own address have in common. */
export type Served = Pick<DomainView, "status" | "seen" | "https" | "certificate" | "certificateProblem" | "answers" | "server">;

/** How far it is, and once it is served, whether what it leads to answers well. */
export function domainStatus({ status, seen, https, certificate, certificateProblem, answers, server }: Served): Said {
  if (status === "saving") return { tone: "busy", word: "Saving" };
  if (status === "waiting") return { tone: "warn", word: `Waiting for ${server.name}` };
  if (status === "refused") return { tone: "bad", word: "Refused" };
  if (https !== "off" && certificate === null && certificateProblem !== null) return { tone: "warn", word: "Not reachable over HTTPS" };
  if (answers !== null && answers >= 500) return { tone: "warn", word: `Serving, answers ${answers}` };
  // Without a certificate it cannot answer yet, and that is said of the certificate.
  if (seen && answers === null && (https === "off" || certificate !== null)) return { tone: "bad", word: "Does not answer" };
  return { tone: "ok", word: "Serving" };
}

/** Proxies renew when a third of its time is left: where less than this is, something keeps them from it. */
const LATE = 1 / 5;

const DAY_MS = 24 * 60 * 60_000;
/** Nobody renews one that was uploaded: somebody has to get another one by then. */
const SOON_MS = 30 * DAY_MS;

/** The organisation, of all that a certificate says of who issued it. */
const shortIssuer = (issuer: string) => issuer.split(", ")[0] || "an authority without a name";

/** What there is to say of the certificate of a domain. */
export function certificateWords(
  {
    https,
    status,
    certificate,
    certificateProblem,
    server,
  }: Pick<Served, "https" | "status" | "certificate" | "certificateProblem" | "server">,
  now: number,
): Said {
  if (https === "off") return { tone: "idle", word: "No HTTPS" };
  if (certificate) {
    const { issuer, notBefore, notAfter } = certificate;
    const until = dayAndYear(notAfter);
    if (notAfter <= now) return { tone: "bad", word: `Its certificate from ${shortIssuer(issuer)} expired on ${until}` };
    const isLate = notAfter - now < (https === "own" ? SOON_MS : (notAfter - notBefore) * LATE);
    const words = {
      acme: `Certificate from ${shortIssuer(issuer)}`,
      own: `Own certificate from ${shortIssuer(issuer)}`,
      internal: `Certificate from ${server.name}'s own authority`,
    };
    return { tone: certificateProblem !== null || isLate ? "warn" : "ok", word: `${words[https]}, valid until ${until}` };
  }
  if (certificateProblem !== null) return { tone: "warn", word: "No certificate yet" };
  if (status === "serving") return { tone: "busy", word: "Its certificate is on its way" };
  return { tone: "idle", word: https === "acme" ? "Its certificate is asked for once it is served" : "Its certificate comes with it" };
}

/** Whether to have its server try once more is worth a button. */
export const mayTryAgain = ({
  https,
  status,
  certificate,
  certificateProblem,
}: Pick<Served, "https" | "status" | "certificate" | "certificateProblem">): boolean =>
  status === "refused" || (status === "serving" && https === "acme" && (certificate === null || certificateProblem !== null));

/** `www.` before the name, or the name without it. */
export const otherForm = (domain: string): string => (domain.startsWith("www.") ? domain.slice(4) : `www.${domain}`);

/** How it is as a whole, in a word: its certificate is spoken of only where that is what is wrong. */
export function domainSummary(domain: DomainView, now: number): Said {
  const [status, certificate] = [domainStatus(domain), certificateWords(domain, now)];
  return status.tone === "ok" && certificate.tone !== "idle" && certificate.tone !== "ok" ? certificate : status;
}

/** Its certificate is there, or none is wanted. */
const isReady = ({ status, https, certificate }: DomainView) => status === "serving" && (https === "off" || certificate !== null);

/** Something keeps people from it; what is still on its way does not yet. */
export const isUnwell = (domain: DomainView, now: number): boolean =>
  ["warn", "bad"].includes(domainStatus(domain).tone) || domainSummary(domain, now).tone === "bad";

/** The one to show where there is room for one: the first that works, and that serves the whole app, and that somebody can open. */
export function mainDomain(domains: DomainView[]): DomainView | undefined {
  const rank = (domain: DomainView) => Number(!isReady(domain)) + 2 * Number(domain.path !== "/") + 4 * Number(isWildcard(domain.domain));
  return domains.toSorted((a, b) => rank(a) - rank(b) || a.createdAt - b.createdAt)[0];
}

/** Those that there is a choice of: each in a container, or as the server has it installed. */
export const programs = ["caddy", "nginx", "traefik", "host-caddy", "host-nginx"] as const;
export type ProxyProgram = (typeof programs)[number];
export const programOf = ({ driver, place }: ChangeProxy): ProxyProgram =>
  place === "host" ? (driver === "caddy" ? "host-caddy" : "host-nginx") : driver;
export const asChange = (program: ProxyProgram): ChangeProxy =>
  program === "host-caddy" || program === "host-nginx"
    ? { driver: program === "host-caddy" ? "caddy" : "nginx", place: "host" }
    : { driver: program, place: "container" };
export const programNames: Record<ProxyProgram, string> = {
  caddy: "Caddy",
  nginx: "Nginx",
  traefik: "Traefik",
  "host-caddy": "Caddy of this server",
  "host-nginx": "Nginx of this server",
};
/** What visitors and apps meet otherwise than with Caddy; the guide says all of it. */
export const programNotes: Record<ProxyProgram, string> = {
  caddy: "The usual one. Gets certificates by itself.",
  nginx: "The server's agent gets its certificates.",
  traefik: "Gets certificates by itself. Has words of its own where an app is down, and streams nothing where uploads are limited.",
  "host-caddy": "Installed there already (2.6 or newer), and running on ports 80 and 443. What it serves stays its own.",
  "host-nginx": "Installed there already (1.22 or newer), and running on ports 80 and 443. What it serves stays its own.",
};
