import type { HostPlaces } from "./installed/host-facts.ts";
import type { AcmeAuthority, Https, Site, SiteRoute } from "@appos/shared/sites";

/** A container of the target's service, as the proxy reaches it; or what is at an address that no app has. */
export interface Upstream {
  /** A container's name, or an address that was looked at: never a name that somebody typed. */
  host: string;
  port: number;
}

export interface ResolvedRoute extends Pick<SiteRoute, "path"> {
  /** None while the app is stopped. */
  upstreams: Upstream[];
  /** Null where a deployment cannot put new containers beside these. */
  beside: Beside | null;
  /** By which their addresses are known to a proxy that looks those up in files. */
  of?: string;
}

/** Where containers of the next release go, so that nothing has to be reloaded: it is they who serve while a file of this name is in the folder `live`. */
export interface Beside {
  file: string;
  upstreams: Upstream[];
}

/** A site whose targets have been found. Longer paths come before the shorter ones that they begin with. */
export interface ResolvedSite extends Omit<Site, "routes" | "address"> {
  routes: ResolvedRoute[];
  /** Its alias is still to get the certificate that it has itself: see servedNow. */
  aliasWaits?: true;
}

/** All that a renderer is told. What it makes of it depends on nothing else. */
export interface Resolved {
  /** By which whoever asks knows this server's proxy from any other. */
  id: string;
  acme: Pick<AcmeAuthority, "directory" | "email"> & {
    /** The name of the file that holds them, another one for other roots: what serves goes on with its own. */
    rootsFile: string | null;
  };
  sites: ResolvedSite[];
  /**
   * The server's own addresses in the proxy's network. Docker forwards what it cannot hand on as it came, such as IPv6 to a network without it,
   * from these: who visits from there may be anybody, and is from no network that somebody has listed.
   */
  unseen?: string[];
  /** By name, the file of its certificate and key, in the folder that the proxy reads: of all but those that the proxy gets itself. */
  certificates: ReadonlyMap<string, string>;
  /** Where it runs on the server itself: how that is set up, and where its files are. */
  host?: HostPlaces;
  /** Names of which a proxy that gets its own has a certificate that is good for long. */
  lent?: ReadonlySet<string>;
  /** The names that a proxy which asks only when it is told is to ask for just now. */
  asking?: ReadonlySet<string>;
  /** It serves for a moment only: no authority is to hear of it. */
  asksNobody?: true;
}

/** The names that a site answers to. */
export const namesOf = ({ name, alias }: Pick<ResolvedSite, "name" | "alias">): string[] => (alias === null ? [name] : [name, alias]);

type Named = { sites: Pick<ResolvedSite, "name" | "alias" | "https" | "dnsProviderId">[] };

/** Every name whose certificate comes from there. */
export const namesWith = ({ sites }: Named, from: Https): string[] => sites.filter(({ https }) => https === from).flatMap(namesOf);

/** Every name that an authority is asked for a certificate of, over ACME. */
export const certifiedNames = (model: Named): string[] => namesWith(model, "acme");

/** Those of them that are proven in the DNS: this agent gets their certificates, whatever the proxy is. */
export const namesByDns = ({ sites }: Named): string[] => sites.filter(({ dnsProviderId }) => dnsProviderId !== undefined).flatMap(namesOf);

/** Those of them that an authority looks at over HTTP. */
export const namesByHttp = ({ sites }: Named): string[] =>
  certifiedNames({ sites: sites.filter((site) => site.dnsProviderId === undefined) });

/**
 * As a proxy serves it that gets its certificates by itself, and so sends everybody to HTTPS at once: a name whose certificate is got by this
 * agent is served over HTTP until it is here.
 */
export const servedNow = (model: Resolved): Resolved => ({
  ...model,
  sites: model.sites.map((site) => {
    if (site.dnsProviderId === undefined) return site;
    if (!model.certificates.has(site.name)) return { ...site, https: "off" };
    return site.alias === null || model.certificates.has(site.alias) ? site : { ...site, aliasWaits: true };
  }),
});

/** The longest path first: what is more precise is asked before what holds everything. */
export const byPrecision = (routes: ResolvedRoute[]): ResolvedRoute[] =>
  routes.toSorted((a, b) => b.path.length - a.path.length || (a.path < b.path ? -1 : 1));
