import { z } from "zod";
import { DomainName, PathPrefix, SiteName } from "./domain-name.ts";
import { PageQuery } from "./envelope.ts";
import { CheckFinding } from "./site-check.ts";
import { AskedAccess, plainOptions, ShownAccess } from "./site-options.ts";
import { AcmeAuthority, Certificate, ProxyDriver, ProxyPlace, Site, SiteRoute } from "./sites.ts";

const Service = SiteRoute.shape.service;
const Port = SiteRoute.shape.port;
const Https = Site.shape.https;

/** Whether `www.` before the name, or the name without it, leads here as well. */
const Www = z.boolean();

/** Which of the uploaded certificates, where `https` is `own`. */
const CertificateId = z.string().max(63).nullable();

/** By which DNS provider it is proven whose the name is, where `https` is `acme`; null over HTTP. */
const DnsProviderId = z.string().max(63).nullable();

/** What belongs to the name, and so to all of its paths; who may visit is asked for in one form and shown in another. */
const ofName = {
  https: Https,
  certificateId: CertificateId,
  dnsProviderId: DnsProviderId,
  forceHttps: z.boolean(),
  www: Www,
  ...plainOptions,
};
const askedOfName = z.object({ ...ofName, access: AskedAccess.nullable() }).partial().shape;

export const NewDomain = z.strictObject({
  /** A name, or a wildcard. */
  domain: SiteName,
  /** Its id or name. */
  app: z.string().min(1).max(63),
  service: Service,
  port: Port,
  path: PathPrefix.default("/"),
  /** Of a name that is there already, what is left out stays. */
  ...askedOfName,
});
export type NewDomain = z.output<typeof NewDomain>;

/** What is left out stays. The name and the path are what it is: for others, another is added. */
export const ChangeDomain = z.strictObject({
  service: Service.optional(),
  port: Port.optional(),
  ...askedOfName,
});
export type ChangeDomain = z.output<typeof ChangeDomain>;

export const DomainQuery = PageQuery.extend({
  /** By id or name. */
  app: z.string().max(63).optional(),
  serverId: z.string().max(63).optional(),
  search: z.string().trim().max(100).optional(),
  /** Only those whose certificates run out without having been renewed. */
  show: z.literal("ending").optional(),
});
export type DomainQuery = z.output<typeof DomainQuery>;

/**
 * saving: its server has still to be told, or is being. serving: its proxy serves it as it is here. refused: its server could not, and
 * serves what it did before. waiting: its server is away.
 */
export const DomainStatus = z.enum(["saving", "serving", "refused", "waiting"]);
export type DomainStatus = z.output<typeof DomainStatus>;

export const DomainView = z
  .object({
    id: z.string(),
    domain: z.string(),
    path: z.string(),
    app: z.object({ id: z.string(), name: z.string() }),
    server: z.object({ id: z.string(), name: z.string() }),
    service: z.string(),
    port: z.int(),
    ...ofName,
    /** Null where everybody may visit. */
    access: ShownAccess.nullable(),
    /** What people open. */
    url: z.string(),
    status: DomainStatus,
    /** Why it is refused. */
    problem: z.string().nullable(),
    /** Null while there is none, and where HTTPS is off. */
    certificate: Certificate.nullable(),
    certificateProblem: z.string().nullable(),
    /** Whether its server has said yet how it serves it. */
    seen: z.boolean(),
    /** What its proxy answers for it, as its server last saw; null where it does not, or was not asked yet. */
    answers: z.int().nullable(),
    /** The job that tells its server, or did last. */
    jobId: z.string().nullable(),
    createdAt: z.int(),
  })
  .meta({ id: "Domain" });
export type DomainView = z.output<typeof DomainView>;

/** How far a request for a domain gets, step by step: the first that is wrong is what to mend. */
export const DomainDiagnosis = z
  .object({
    domainId: z.string(),
    url: z.string(),
    at: z.int(),
    findings: z.array(CheckFinding),
  })
  .meta({ id: "DomainDiagnosis" });
export type DomainDiagnosis = z.output<typeof DomainDiagnosis>;

/** Where certificates come from. */
export const CertificateSettings = AcmeAuthority.meta({ id: "CertificateSettings" });
export type CertificateSettings = z.output<typeof CertificateSettings>;

/** An address for the console, which the proxy of its own server serves. */
export const SetConsoleAddress = z.strictObject({ domain: DomainName });
export type SetConsoleAddress = z.output<typeof SetConsoleAddress>;

export const ConsoleAddress = z
  .object({
    /** Null where it has none; so is what else there is to say of it. */
    domain: z.string().nullable(),
    url: z.string().nullable(),
    /** `internal` for a name at home, which only the server's own authority issues a certificate for. */
    https: z.enum(["acme", "internal"]).nullable(),
    /** The server that AppOS runs on, whose proxy serves it. */
    server: z.object({ id: z.string(), name: z.string() }).nullable(),
    status: DomainStatus.nullable(),
    problem: z.string().nullable(),
    certificate: Certificate.nullable(),
    certificateProblem: z.string().nullable(),
    /** Whether its server has said yet how it serves it. */
    seen: z.boolean(),
    /** What its proxy answers for it. */
    answers: z.int().nullable(),
    /** Why it can have none here; null where it can. */
    unavailable: z.string().nullable(),
    /** What APPOS_PUBLIC_URL says: links go by that as long as it is set. */
    publicUrl: z.string().nullable(),
  })
  .meta({ id: "ConsoleAddress" });
export type ConsoleAddress = z.output<typeof ConsoleAddress>;

/** One server, by id or name; left out, every one that has domains. */
export const ReloadProxy = z.strictObject({ serverId: z.string().max(63).optional() });

/** Another program for the proxy of a server. */
export const ChangeProxy = z
  .strictObject({ driver: ProxyDriver, place: ProxyPlace.default("container") })
  .refine(({ driver, place }) => place === "container" || driver !== "traefik", {
    path: ["place"],
    message: "Of the programs that are installed on a server itself, Caddy and Nginx can serve domains",
  });
export type ChangeProxy = z.output<typeof ChangeProxy>;

/** The proxy of one server. */
export const ProxyView = z
  .object({
    serverId: z.string(),
    driver: ProxyDriver,
    place: ProxyPlace,
    domains: z.int(),
    /** The console's own address, where it serves that too. */
    console: z.string().nullable(),
    /** What has to be done before it can serve; null where it serves, or has nothing to. */
    problem: z.string().nullable(),
    appliedAt: z.int().nullable(),
  })
  .meta({ id: "Proxy" });
export type ProxyView = z.output<typeof ProxyView>;
