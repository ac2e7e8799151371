import { FRAME_BYTES } from "@appos/shared/agent-link";
import { DNS_CHALLENGES } from "@appos/shared/dns-providers";
import { isPrivateName } from "@appos/shared/private-names";
import {
  type AcmeAuthority,
  CONSOLE_SITE,
  HOST_PROXY,
  LETS_ENCRYPT,
  type ProxyModel,
  type Site,
  SITE_CERTIFICATES,
  SITES,
  TRAEFIK,
  WILDCARD_SITES,
} from "@appos/shared/sites";
import { isWildcard } from "@appos/shared/wildcards";
import { SITE_OPTIONS, type siteOptions } from "@appos/shared/site-options";
import { ADDRESS_SITES } from "@appos/shared/target-address";
import { utf8 } from "../../bytes.ts";
import { AppError } from "../../errors.ts";
import type { ServerRow } from "../servers/service.ts";
import type { AddressRow, DomainRow } from "./schema.ts";
import type { NameSettings } from "./store.ts";

export type AddressSettings = Pick<AddressRow, "name" | "host" | "port" | "https" | "forceHttps">;

export interface Sites {
  names: NameSettings[];
  domains: Pick<DomainRow, "name" | "path" | "service" | "port">[];
}

/** All that a server's proxy serves. The same sites give the same text, in whichever order they were added. */
export function modelOf(
  { names, domains }: Sites,
  apps: ReadonlyMap<string, string>,
  { console, addresses, ...around }: Omit<ProxyModel, "sites"> & { console: string | null; addresses: AddressSettings[] },
) {
  const paths = Map.groupBy(domains, ({ name }) => name);
  const sites = names
    .toSorted(by(({ name }) => name))
    .flatMap(({ name, appId, aliasOf, https, certificateId, dnsProviderId, forceHttps, ...options }): Site[] => {
      const app = apps.get(appId);
      if (aliasOf !== null || app === undefined) return [];
      const routes = (paths.get(name) ?? []).toSorted(by(({ path }) => path));
      const alias = names.find((other) => other.aliasOf === name)?.name ?? null;
      const toApp = routes.map(({ path, service, port }) => ({ path, app, service, port }));
      return [
        {
          name,
          https,
          ...(https === "own" && { certificateId: certificateId! }),
          ...(dnsProviderId !== null && { dnsProviderId }),
          forceHttps,
          alias,
          routes: toApp,
          ...told(options),
        },
      ];
    });
  return {
    ...around,
    sites: [
      ...(console === null ? [] : [consoleSite(console, around.acme)]),
      ...addresses.toSorted(by(({ name }) => name)).map(addressSite),
      ...sites,
    ],
  } satisfies ProxyModel;
}

/** Where its certificate comes from: nobody but the server itself issues one for a name at home, unless there is an authority of one's own. */
export const consoleHttps = (name: string, { directory }: Pick<AcmeAuthority, "directory">): "acme" | "internal" =>
  isPrivateName(name) && directory === LETS_ENCRYPT ? "internal" : "acme";

const consoleSite = (name: string, acme: AcmeAuthority): Site => ({
  name,
  console: true,
  https: consoleHttps(name, acme),
  forceHttps: true,
  alias: null,
  routes: [],
  compress: true,
});

const addressSite = ({ name, host, port, https, forceHttps }: AddressSettings): Site => ({
  name,
  https,
  forceHttps,
  alias: null,
  address: { host, port },
  routes: [],
  compress: true,
});

type Options = Pick<NameSettings, keyof typeof siteOptions>;
/** What is as it is without being told is left out, so that a thousand sites have room. */
const told = ({ headers, hsts, access, maxBodyMb, compress, downPage }: Options): Pick<Site, keyof Options> => ({
  ...(headers.length > 0 && { headers }),
  ...(hsts && { hsts }),
  ...(access && { access }),
  ...(maxBodyMb !== null && { maxBodyMb }),
  ...(compress && { compress }),
  ...(downPage !== null && { downPage }),
});

const by =
  <T>(key: (of: T) => string) =>
  (a: T, b: T) =>
    key(a) < key(b) ? -1 : 1;

/** It travels in one frame, with room for what is around it. */
const MODEL_BYTES = FRAME_BYTES - 56 * 1024;
const PATHS = 50;

/** Refuses what no server could be told. */
export function checkModel(model: ProxyModel, serverName: string) {
  const names = model.sites.length + model.sites.filter(({ alias }) => alias !== null).length;
  if (names > SITES) throw tooMuch(`The proxy of ${serverName} serves ${SITES} names at most.`);
  const crowded = model.sites.find(({ routes }) => routes.length > PATHS);
  if (crowded) throw tooMuch(`${crowded.name} has ${PATHS} paths already, which is the most for one name.`);
  const bytes = utf8(JSON.stringify(model)).length;
  if (bytes > MODEL_BYTES)
    throw tooMuch(`What the proxy of ${serverName} serves has ${bytes} bytes, as it is sent there; at most ${MODEL_BYTES} are allowed.`);
}

const tooMuch = (message: string) => new AppError("INVALID_REQUEST", message, [{ path: "domain", message }]);

/**
 * Refuses what a server's agent would serve without a part of it: an older one leaves out who may visit, and lets everybody in. That an answer
 * is not compressed harms nobody.
 */
export function checkKnown({ driver, place, sites }: ProxyModel, { name, facts }: Pick<ServerRow, "name" | "facts">) {
  const remedy = facts ? `Update the agent of ${name} first: the one there is too old for that.` : `Connect ${name} first.`;
  for (const { word, isNeeded, what } of needs)
    if (sites.some(isNeeded) && !facts?.knows?.includes(word)) throw new AppError("SERVER_REFUSED", `${what} ${remedy}`);
  if (driver === "traefik" && !facts?.knows?.includes(TRAEFIK))
    throw new AppError("SERVER_REFUSED", `Traefik is to serve the domains of ${name}. ${remedy}`);
  if (place === "host" && !facts?.knows?.includes(HOST_PROXY))
    throw new AppError("SERVER_REFUSED", `${driver === "caddy" ? "Caddy" : "Nginx"} of ${name} itself is to serve its domains. ${remedy}`);
  if (place === "host" && sites.some(({ console }) => console))
    throw new AppError(
      "CONFLICT",
      `The console, which ${name} serves at its own address, is led to by a proxy in a container only. Choose one of those, or remove that address.`,
    );
  if (driver === "traefik" && sites.some(({ console }) => console))
    throw new AppError(
      "CONFLICT",
      `Traefik cannot lead to the console, which ${name} serves at its own address. Choose Caddy or Nginx, or remove that address.`,
    );
}
const needs: { word: string; isNeeded: (site: Site) => unknown; what: string }[] = [
  {
    word: SITE_OPTIONS,
    isNeeded: ({ headers, hsts, access, maxBodyMb, downPage }) => headers ?? hsts ?? access ?? maxBodyMb ?? downPage,
    what: "A domain says who may visit, or has headers, HSTS, an upload limit or a page of its own.",
  },
  { word: CONSOLE_SITE, isNeeded: ({ console }) => console, what: "The console is to be served at an address of its own." },
  { word: ADDRESS_SITES, isNeeded: ({ address }) => address, what: "A domain leads to an address that no app has." },
  {
    word: SITE_CERTIFICATES,
    isNeeded: ({ https }) => https === "own" || https === "internal",
    what: "A domain has a certificate that was uploaded, or one of its server's own authority.",
  },
  {
    word: WILDCARD_SITES,
    isNeeded: ({ name }) => isWildcard(name),
    what: "A domain is a wildcard, and stands for all names right below it.",
  },
  { word: DNS_CHALLENGES, isNeeded: ({ dnsProviderId }) => dnsProviderId, what: "A domain is to be proven in the DNS." },
];
