import {
  type ChangeDnsProvider,
  DnsAccess,
  type DnsProvider,
  type DnsProviderView,
  type NewDnsProvider,
  zoneOf,
} from "@appos/shared/dns-providers";
import { AppError, notFound } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Ports } from "../../ports.ts";
import type { Secrets } from "../../secrets.ts";
import type { ActivityService, Actor } from "../activity/service.ts";
import type { DnsProviderRow } from "./schema.ts";
import { dnsProviderStore } from "./store.ts";

export type DnsProviderService = ReturnType<typeof dnsProviderService>;

/** `tellServers`: those that use one which is another by now. */
export function dnsProviderService(
  { database, clock, events }: Ports,
  secrets: Secrets,
  activity: ActivityService,
  tellServers: (actor: Actor) => Promise<void>,
) {
  const store = dnsProviderStore(database);
  const about = (id: string) => `DNS provider ${id}`;
  const changed = (id: string) => events.publish({ type: "dns-provider.changed", id });
  const find = async (id: string): Promise<DnsProviderRow> => (await store.find(id)) ?? notFound("DNS provider");
  const usersOf = async (id: string) => (await store.uses([id])).map(({ name }) => name);
  const sealed = (id: string, access: DnsAccess) => secrets.seal(JSON.stringify(access), about(id));

  async function viewsOf(rows: DnsProviderRow[]): Promise<DnsProviderView[]> {
    if (rows.length === 0) return [];
    const uses = Map.groupBy(await store.uses(rows.map(({ id }) => id)), ({ dnsProviderId }) => dnsProviderId);
    return rows.map(({ id, name, kind, zones, changedAt }) => {
      return { id, name, kind, zones, usedBy: (uses.get(id) ?? []).map((use) => use.name), changedAt };
    });
  }
  const view = async (id: string) => (await viewsOf([await find(id)]))[0]!;

  return {
    /** What others need to know of one; undefined where there is none. */
    find: async (id: string): Promise<Pick<DnsProviderRow, "name" | "zones"> | undefined> => store.find(id),
    /** Each as servers are told of it, and in which state: what it is asked with goes nowhere else. */
    async used(ids: string[]): Promise<{ provider: DnsProvider; state: string }[]> {
      const rows = ids.length === 0 ? [] : await store.findMany([...new Set(ids)]);
      const told = rows.map(async ({ id, name, zones, access, state }) => ({
        provider: { id, name, zones, access: DnsAccess.parse(JSON.parse(await secrets.open(access, about(id)))) },
        state,
      }));
      return (await Promise.all(told)).toSorted((a, b) => (a.provider.id < b.provider.id ? -1 : 1));
    },

    list: async (): Promise<DnsProviderView[]> => viewsOf(await store.list()),

    async add({ name, zones, access }: NewDnsProvider, actor: Actor): Promise<DnsProviderView> {
      const id = newId("dns", clock);
      const state = { state: crypto.randomUUID(), changedAt: clock.now() };
      const row = { id, name, kind: access.kind, zones, access: await sealed(id, access), ...state };
      await activity.write({ actor, action: "add-dns-provider", subject: name }, [store.insert(row)]);
      changed(id);
      return view(id);
    },

    /** Domains that use it go on with it as it is then, so it has to be for all of them. */
    async change(id: string, { name, zones, access }: ChangeDnsProvider, actor: Actor): Promise<DnsProviderView> {
      const before = await find(id);
      const missing = zones ? (await usersOf(id)).filter((each) => zoneOf(zones, each) === undefined) : [];
      if (missing.length > 0) {
        const message = `Domains use it that are in none of these zones: ${shown(missing)}.`;
        throw new AppError("CONFLICT", message, [{ path: "zones", message }]);
      }
      const row = {
        ...before,
        name: name ?? before.name,
        zones: zones ?? before.zones,
        ...(access && { kind: access.kind, access: await sealed(id, access) }),
        state: crypto.randomUUID(),
        changedAt: clock.now(),
      };
      await activity.write({ actor, action: "change-dns-provider", subject: row.name }, store.replace(row));
      changed(id);
      await tellServers(actor);
      return view(id);
    },

    async remove(id: string, actor: Actor): Promise<void> {
      const { name } = await find(id);
      const unused = async () => {
        const names = await usersOf(id);
        if (names.length === 0) return;
        throw new AppError("CONFLICT", `Domains use it: ${shown(names)}. Have those proven by something else first.`);
      };
      await unused();
      await activity.write({ actor, action: "remove-dns-provider", subject: name }, [store.remove(id)]).catch(async (error: unknown) => {
        // Somebody was quicker, and uses it.
        await unused();
        throw error;
      });
      changed(id);
    },
  };
}

const NAMED = 10;
const shown = (names: string[]) => [...names.slice(0, NAMED), ...(names.length > NAMED ? [`${names.length - NAMED} more`] : [])].join(", ");
