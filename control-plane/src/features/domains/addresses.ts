import type { AddressDomainView, ChangeAddressDomain, NewAddressDomain } from "@appos/shared/address-domains";
import { AppError, notFound } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Ports } from "../../ports.ts";
import type { Actor } from "../activity/service.ts";
import type { JobService } from "../jobs/service.ts";
import type { ServerRow, ServerService } from "../servers/service.ts";
import { addressStore } from "./address-store.ts";
import { standOf, urlOf } from "./domain-view.ts";
import type { AddressSettings } from "./model.ts";
import { nameTaken } from "./names.ts";
import type { AddressRow } from "./schema.ts";
import type { domainStore, Served } from "./store.ts";
import { type Change, type tellServer, unchanged } from "./tell-server.ts";
import type { Asking } from "./who-asks.ts";

interface Around {
  store: ReturnType<typeof domainStore>;
  tell: ReturnType<typeof tellServer>;
  servers: ServerService;
  jobs: JobService;
  /** The names by which people come to the console. */
  consoles(consoleUrl: string): Promise<(string | undefined)[]>;
}

/** Names that lead to an address in a server's network, and to no app: administrators have them, and they are no project's. */
export function addressDomains({ database, clock, events }: Ports, { store, tell, servers, jobs, consoles }: Around) {
  const addresses = addressStore(database);
  const find = async (id: string) => (await addresses.find(id)) ?? notFound("address");
  const told = ({ id }: Pick<ServerRow, "id">) => events.publish({ type: "server.changed", id });
  const actOf = (row: Pick<AddressRow, "name" | "https">, action: string, actor: Actor) => ({
    actor,
    action,
    subject: urlOf({ name: row.name, path: "/", https: row.https }),
  });

  async function isFree(name: string, consoleUrl: string) {
    if ((await consoles(consoleUrl)).includes(name))
      throw nameTaken("domain", `${name} is the console's own address. Choose another name.`);
    const isTaken = (await store.owners([name])).length > 0 || (await addresses.named([name])).length > 0;
    if (isTaken) throw nameTaken("domain", `${name} leads somewhere already.`);
  }

  async function viewsOf(rows: AddressRow[]): Promise<AddressDomainView[]> {
    const serverIds = [...new Set(rows.map(({ serverId }) => serverId))];
    const presences = await servers.presences(serverIds);
    const proxies = new Map((await store.proxies(serverIds)).map((proxy) => [proxy.serverId, proxy]));
    const last = new Map((await jobs.getMany([...proxies.values()].flatMap(({ jobId }) => jobId ?? []))).map((job) => [job.id, job]));
    return rows.map(({ id, name, serverId, host, port, https, forceHttps, seen, revision, createdAt }) => {
      const { name: serverName, linked } = presences.get(serverId) ?? { name: serverId, linked: false };
      const proxy = proxies.get(serverId);
      return {
        id,
        domain: name,
        url: urlOf({ name, path: "/", https }),
        server: { id: serverId, name: serverName },
        address: { host, port },
        https,
        forceHttps,
        ...standOf(revision, proxy, last.get(proxy?.jobId ?? ""), linked),
        certificate: https === "off" ? null : (seen?.certificate ?? null),
        certificateProblem: https === "off" ? null : (seen?.certificateProblem ?? null),
        seen: seen !== null,
        answers: seen?.status ?? null,
        createdAt,
      };
    });
  }

  /** What is there by then, with a change of one of them. */
  const changing =
    (id: string, make: (now: AddressRow, others: AddressSettings[]) => Pick<Change, "addresses" | "statements">) => (served: Served) => {
      const now = served.addresses.find((each) => each.id === id) ?? notFound("address");
      return {
        ...unchanged(served),
        ...make(
          now,
          served.addresses.filter((each) => each.id !== id),
        ),
      };
    };

  return {
    named: addresses.named,
    below: addresses.below,
    /** Servers whose proxies serve some. */
    servers: async () => [...new Set((await addresses.list()).map(({ serverId }) => serverId))],

    async list(serverIdOrName?: string): Promise<AddressDomainView[]> {
      return viewsOf(await addresses.list(serverIdOrName === undefined ? undefined : (await servers.find(serverIdOrName)).id));
    },

    async add(
      given: NewAddressDomain,
      { actor, key, consoleUrl }: Pick<Asking, "actor" | "key" | "consoleUrl">,
    ): Promise<AddressDomainView> {
      const { domain: name, server: idOrName, address, https, forceHttps } = given;
      const server = await servers.find(idOrName);
      const asked = { addAddress: { ...given, server: server.id } };
      const added = async () => (await viewsOf(await addresses.named([name])))[0] ?? notFound("address");
      if (await jobs.earlier(actor, key, asked)) return added();
      notItself(address.host, server);
      const row = { id: newId("adr", clock), name, serverId: server.id, ...address, https, forceHttps, createdAt: clock.now() };
      await tell({ server, act: actOf(row, "add-address", actor), key, asked }, async (served) => {
        await isFree(name, consoleUrl);
        return { ...unchanged(served), addresses: [...served.addresses, row], statements: (jobId) => [addresses.insert(row, jobId)] };
      });
      told(server);
      return added();
    },

    async change(id: string, { address, ...given }: ChangeAddressDomain, actor: Actor): Promise<AddressDomainView> {
      const row = await find(id);
      const server = await servers.find(row.serverId);
      if (address) notItself(address.host, server);
      const make = changing(id, (now, others) => {
        const { host, port } = address ?? now;
        const next = { host, port, https: given.https ?? now.https, forceHttps: given.forceHttps ?? now.forceHttps };
        return { addresses: [...others, { name: now.name, ...next }], statements: (jobId) => [addresses.change(id, next, jobId)] };
      });
      await tell({ server, act: actOf(row, "change-address", actor) }, make);
      told(server);
      return (await viewsOf([await find(id)]))[0]!;
    },

    async remove(id: string, actor: Actor) {
      const row = await find(id);
      const server = await servers.find(row.serverId);
      const make = changing(id, (_, others) => ({ addresses: others, statements: () => [addresses.remove(id)] }));
      const job = await tell({ server, act: actOf(row, "remove-address", actor) }, make);
      told(server);
      return job!;
    },
  };
}

/** As far as it is known here; its agent knows all of its addresses, and Docker's. */
function notItself(host: string, { name, facts }: Pick<ServerRow, "name" | "facts">) {
  if (!facts?.addresses?.includes(host)) return;
  const message = `${host} is ${name} itself. What runs there is reached as a service of an app.`;
  throw new AppError("INVALID_REQUEST", message, [{ path: "address.host", message }]);
}
