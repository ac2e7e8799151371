import { canonicalName } from "@appos/shared/domain-name";
import { endOf, isWildcard, wildcardOf } from "@appos/shared/wildcards";
import { AppError } from "../../errors.ts";
import type { AppService } from "../apps/service.ts";
import type { addressStore } from "./address-store.ts";
import { nameTaken } from "./names.ts";
import type { domainStore, NameSettings } from "./store.ts";
import type { Asking } from "./who-asks.ts";

type Wanted = Omit<NameSettings, "aliasOf">;

interface Around {
  /** What the name is until now, where it is its app's already. */
  before?: Pick<NameSettings, "https"> | undefined;
  /** Of the name's app. */
  projectId: string | null;
  /** The names by which people come to the console. */
  consoles: (string | undefined)[];
  asking: Pick<Asking, "administers">;
  apps: AppService;
  store: Pick<ReturnType<typeof domainStore>, "owners">;
  addresses: Pick<ReturnType<typeof addressStore>, "below">;
}

/** Why a wildcard cannot be served so; undefined for whatever can. */
export const wildcardProblem = ({ name, https, dnsProviderId }: Pick<Wanted, "name" | "https" | "dnsProviderId">): string | undefined =>
  isWildcard(name) && https === "acme" && dnsProviderId === null
    ? `No authority issues a certificate for ${name} over HTTP. Choose a DNS provider, a certificate of your own, or the server's own authority.`
    : undefined;

/**
 * Whoever has a wildcard has the names right below it, in so far as nobody has them already: what is between two projects is for an
 * administrator to decide. A name of its own is always served as what it is, so that two who ask at once, on two servers, take nothing from
 * each other.
 */
export async function checkWildcards(wanted: Wanted, newNames: string[], around: Around): Promise<void> {
  const problem = wildcardProblem(wanted);
  if (problem !== undefined) throw refused("INVALID_REQUEST", "https", problem);
  if (around.asking.administers) return;
  if (isWildcard(wanted.name)) await mayStand(wanted, around);
  else await mayBeBelow(wanted, newNames, around);
}

async function mayStand({ name, https, appId }: Wanted, { before, projectId, consoles, apps, addresses }: Around) {
  if (https !== "own" && before?.https !== https) {
    const message = `An administrator has to add ${name} like that, for nothing proves whose it is. A certificate of your own for it would.`;
    throw refused("FORBIDDEN", "https", message);
  }
  if (before) return;
  const zone = endOf(name).slice(1);
  if (consoles.some((console) => console === zone || console?.endsWith(`.${zone}`)))
    throw refused("FORBIDDEN", "domain", `The console's own address is under ${zone}. An administrator has to add ${name}.`);
  const owners = (await addresses.below(name)).filter((owner) => owner.appId !== appId);
  if (await areOthers(owners, projectId, apps))
    throw nameTaken("domain", `Names under ${zone} belong to others already. An administrator has to add ${name}.`);
}

async function mayBeBelow({ name, appId }: Wanted, newNames: string[], { projectId, apps, store }: Around) {
  for (const each of newNames) {
    const wildcard = wildcardOf(each)!;
    const owners = (await store.owners([wildcard])).filter((owner) => owner.appId !== appId);
    if (await areOthers(owners, projectId, apps))
      throw nameTaken(each === name ? "domain" : "www", `${wildcard} belongs to another project. An administrator has to add ${each}.`);
  }
}

async function areOthers(owners: { appId: string | null }[], projectId: string | null, apps: AppService) {
  const found = await apps.findMany([...new Set(owners.flatMap(({ appId }) => appId ?? []))]);
  return owners.some(({ appId }) => appId === null) || found.some((app) => app.projectId !== projectId);
}

/** The name that is the console's where it is reached at this address. */
export const consoleName = (url: string) => canonicalName(new URL(url).hostname);

const refused = (code: "INVALID_REQUEST" | "FORBIDDEN", path: string, message: string) => new AppError(code, message, [{ path, message }]);
