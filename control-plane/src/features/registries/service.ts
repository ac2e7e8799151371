import type { Page, PageQuery } from "@appos/shared/envelope";
import type { EditRegistry, Login, NewRegistry, RegistryTest, RegistryView } from "@appos/shared/registries";
import { askServer } from "../../ask-server.ts";
import { AppError, notFound } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Ports } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { Secrets } from "../../secrets.ts";
import type { ActivityService, Actor } from "../activity/service.ts";
import type { JobService, Link } from "../jobs/service.ts";
import type { ServerService } from "../servers/service.ts";
import { registriesOf } from "./job-registries.ts";
import type { RegistryRow } from "./schema.ts";
import { registryStore } from "./store.ts";

export type RegistryService = ReturnType<typeof registryService>;

export function registryService(
  { database, clock, rooms, events }: Ports,
  secrets: Secrets,
  activity: ActivityService,
  servers: ServerService,
  jobs: JobService,
) {
  const store = registryStore(database);
  const find = async (idOrHost: string): Promise<RegistryRow> => (await store.find(idOrHost)) ?? notFound("registry");
  const about = (id: string) => `registry ${id}`;
  const changed = (id: string) => events.publish({ type: "registry.changed", id });
  const loginOf = async ({ id, host, username, password }: RegistryRow): Promise<Login> => ({
    host,
    username,
    password: await secrets.open(password, about(id)),
  });
  const logins = async (hosts: string[]) => Promise.all((hosts.length === 0 ? [] : await store.ofHosts(hosts)).map(loginOf));

  async function serverFor(serverId: string | undefined) {
    if (serverId !== undefined) return servers.find(serverId);
    const { items } = await servers.list({ page: 1, pageSize: 2 });
    if (items.length === 1) return servers.find(items[0]!.id);
    const message = items.length === 0 ? "There is no server yet that could try it. Add one first." : "Say which server should try it.";
    throw new AppError("INVALID_REQUEST", message, [{ path: "serverId", message }]);
  }

  return {
    list: async (page: PageQuery): Promise<Page<RegistryView>> => pageOf((await store.list(page)).map(viewOf), await store.count(), page),

    async add({ host, username, password }: NewRegistry, actor: Actor): Promise<RegistryView> {
      const message = `There is a login for ${host} already. Change that one.`;
      const taken = () => new AppError("NAME_TAKEN", message, [{ path: "host", message }]);
      if (await store.find(host)) throw taken();
      const now = clock.now();
      const id = newId("reg", clock);
      const row = { id, host, username, password: await secrets.seal(password, about(id)), createdAt: now, changedAt: now };
      await activity.write({ actor, action: "add-registry", subject: host }, [store.insert(row)]).catch(async (error: unknown) => {
        throw (await store.find(host)) ? taken() : error;
      });
      changed(id);
      return viewOf(row);
    },

    async change(idOrHost: string, { username, password }: EditRegistry, actor: Actor): Promise<RegistryView> {
      const registry = await find(idOrHost);
      const given = {
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password: await secrets.seal(password, about(registry.id)) }),
        changedAt: clock.now(),
      };
      await activity.write({ actor, action: "change-registry", subject: registry.host }, [store.change(registry.id, given)]);
      changed(registry.id);
      return viewOf({ ...registry, ...given });
    },

    async remove(idOrHost: string, actor: Actor) {
      const registry = await find(idOrHost);
      await activity.write({ actor, action: "remove-registry", subject: registry.host }, [store.remove(registry.id)]);
      changed(registry.id);
    },

    /** Has a server show the login to the registry. */
    async test(idOrHost: string, serverId: string | undefined): Promise<RegistryTest> {
      const registry = await find(idOrHost);
      const server = await serverFor(serverId);
      const { problem } = await askServer(rooms, server.id, "registry-test", await loginOf(registry));
      return { serverId: server.id, serverName: server.name, problem };
    },

    /** For what a server is asked and does not keep. */
    logins,
    /** For which of these hosts there is one. */
    known: async (hosts: string[]) => (hosts.length === 0 ? [] : (await store.ofHosts(hosts)).map(({ host }) => host)),

    /** For a job that runs on the server at the other end of this link: of those registries only that its images name. Undefined where no such job runs there. */
    async loginsForJob(link: Link, jobId: string, hosts: string[]): Promise<Login[] | undefined> {
      const input = await jobs.runningInput(link, jobId);
      return input === undefined ? undefined : logins(hosts.filter(registriesOf(input)));
    },
  };
}

const viewOf = ({ id, host, username, createdAt, changedAt }: RegistryRow): RegistryView => ({ id, host, username, createdAt, changedAt });
