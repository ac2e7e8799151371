import type { AddressDomainView, ChangeAddressDomain, NewAddressDomain } from "@appos/shared/address-domains";
import type { Page } from "@appos/shared/envelope";
import { call } from "#lib/api.ts";
import { Query } from "#lib/query.svelte.ts";

const PATH = "/proxy/addresses";
const at = (id: string) => `${PATH}/${encodeURIComponent(id)}`;

export const addresses = {
  of: async (serverId: string) => (await call<Page<AddressDomainView>>("GET", `${PATH}?serverId=${encodeURIComponent(serverId)}`)).items,
  add: (given: NewAddressDomain, key: string) => call<AddressDomainView>("POST", PATH, { body: given, key }),
  change: (id: string, changed: ChangeAddressDomain) => call<AddressDomainView>("PATCH", at(id), { body: changed }),
  remove: (id: string) => call<unknown>("DELETE", at(id)),
};

/** Names that lead to an address in a server's network. */
export const addressesQuery = (serverId: () => string): Query<AddressDomainView[]> =>
  new Query(() => {
    const id = serverId();
    return { key: `addresses/${id}`, fetch: () => addresses.of(id), outdatedBy: ({ type }) => type === "server.changed" };
  });
