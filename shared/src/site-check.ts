import { z } from "zod";
import { DomainName, SiteName } from "./domain-name.ts";
import { Site, SiteRoute } from "./sites.ts";

/** The way of a request to an app, in the order in which it is walked. */
export const CheckStep = z.enum(["dns", "port", "certificate", "proxy", "container", "health"]);
export type CheckStep = z.output<typeof CheckStep>;

/** What was found at one step. */
export const CheckFinding = z.object({
  step: CheckStep,
  /** skipped: it could not be looked at, mostly for a step before it. */
  state: z.enum(["ok", "wrong", "skipped"]),
  /** In a sentence or two. */
  message: z.string().max(3_000),
  /** What mends it; null where there is nothing to do. */
  remedy: z.string().max(1_000).nullable(),
  /** What else was seen there. */
  facts: z.array(z.string().max(500)).max(20),
});
export type CheckFinding = z.output<typeof CheckFinding>;

/**
 * Who answers at an address of a name, as its server sees it. here: that server's own proxy. other: somebody else. silent: nobody. unasked:
 * the server has no way there, as to IPv6 where it has none.
 */
export const SeenAddress = z.object({ address: z.string().max(64), seen: z.enum(["here", "other", "silent", "unasked"]) });
export type SeenAddress = z.output<typeof SeenAddress>;

/** What a proxy answers by itself, for any name, with the header that says which one it is. */
export const PROXY_PATH = "/.well-known/appos";
export const PROXY_HEADER = "appos-proxy";

/** Which domain is looked at, and where it should lead. */
export const SiteQuestion = SiteRoute.extend({
  name: SiteName,
  /** Another name that leads there. */
  alias: DomainName.nullable().default(null),
  https: Site.shape.https,
  /** Where the server is known to be reached from outside. */
  addresses: z.array(z.string().max(64)).max(20).default([]),
});
export type SiteQuestion = z.output<typeof SiteQuestion>;

/** How far a request for a domain gets, as its server sees it. */
export const SiteCheck = z.object({
  /** One for each step, in their order. */
  findings: z.array(CheckFinding).max(6),
  addresses: z.array(SeenAddress).max(20),
  /** By which its proxy is known; null where that does not say so on the server itself. */
  proxy: z.string().max(64).nullable(),
  /** Where its proxy listens for HTTP. */
  port: z.int(),
});
export type SiteCheck = z.output<typeof SiteCheck>;
