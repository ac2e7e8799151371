import type { Page, PageQuery } from "@appos/shared/envelope";
import type { JobKind } from "@appos/shared/jobs";
import type { Enroll, Enrolled, Enrollment, NewServer, Presence, ServerFacts, ServerView, TimelineView } from "@appos/shared/servers";
import { randomText, sha256 } from "../../bytes.ts";
import { AppError, notFound } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Ports } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { ActivityService, Actor } from "../activity/service.ts";
import type { SystemService } from "../system/service.ts";
import { jobRefusal, policyOf, policyRefused } from "./allowed.ts";
import { ENROLLMENT_MS, enrollmentOf } from "./enrollment.ts";
import { knownAddresses } from "./known-addresses.ts";
import { leases } from "./leases.ts";
import { linkWatch } from "./link-watch.ts";
import { presenceOf } from "./presence.ts";
import type { ServerRow } from "./schema.ts";
import { serverStore } from "./store.ts";

export type { ServerRow } from "./schema.ts";
export type ServerService = ReturnType<typeof serverService>;

/** What servers need to know of apps, which come after them. */
export interface AppCounts {
  /** `within`: counting only those of these projects. */
  of(serverIds: string[], within?: string[]): Promise<Map<string, number>>;
}

export function serverService(ports: Ports, system: SystemService, activity: ActivityService, apps: () => AppCounts) {
  const { clock, rooms, events } = ports;
  const store = serverStore(ports.database);
  const { enrolledLine, timeline, ...links } = linkWatch(ports, system.steadyNow);
  const changed = (id: string) => events.publish({ type: "server.changed", id });
  const find = async (idOrName: string) => (await store.find(idOrName)) ?? (await store.findByName(idOrName)) ?? notFound("server");

  async function viewsOf(rows: ServerRow[], within?: string[]): Promise<ServerView[]> {
    const ids = rows.map(({ id }) => id);
    const [counts, calls] = await Promise.all([apps().of(ids, within), store.callsFrom(ids)]);
    return Promise.all(
      rows.map(async (row) => {
        const { id, name, addedAt, facts } = row;
        const seen = presenceOf(row, clock.now());
        const sample = (seen.linked && (await rooms.sample(id))) || null;
        return {
          id,
          name,
          ...seen,
          addedAt,
          facts,
          sample,
          appCount: counts.get(id) ?? 0,
          reachedAt: knownAddresses(facts?.addresses ?? [], calls.get(id)),
        };
      }),
    );
  }
  const viewOf = async (row: ServerRow, within?: string[]) => (await viewsOf([row], within))[0]!;

  async function nameIsFree(name: string) {
    if (await store.findByName(name))
      throw new AppError("NAME_TAKEN", `There is a server named ${name} already.`, [{ path: "name", message: "This name is taken." }]);
  }

  async function enrollment(serverId: string, url: string) {
    const [token, expiresAt] = [`enroll_${randomText(24)}`, clock.now() + ENROLLMENT_MS];
    const row = { id: newId("enr", clock), serverId, tokenHash: sha256(token), expiresAt };
    const { id: controlPlaneId } = await system.identity();
    return {
      view: enrollmentOf(token, expiresAt, url, controlPlaneId),
      statements: [store.dropEnrollments(serverId), store.insertEnrollment(row)],
    };
  }

  async function refuseToken(tokenHash: string): Promise<never> {
    const known = await store.findEnrollment(tokenHash);
    if (!known)
      throw new AppError("INVALID_ENROLLMENT_TOKEN", "This enrollment token is not known. Copy the whole command from the console again.");
    if (known.usedAt !== null)
      throw new AppError("ENROLLMENT_TOKEN_USED", "This enrollment token has been used already. Make a new one in the console.");
    throw new AppError(
      "ENROLLMENT_TOKEN_EXPIRED",
      "This enrollment token has expired: it was valid for 15 minutes. Make a new one in the console.",
    );
  }

  return {
    find,
    /** `within`: of whoever sees nothing but these projects. */
    view: async (idOrName: string, within?: string[]) => viewOf(await find(idOrName), within),
    list: async (page: PageQuery, within?: string[]) =>
      pageOf(await viewsOf(await store.list(page, within), within), await store.count(within), page),
    hits: store.hits,
    count: (within?: string[]) => store.count(within),
    /** The policy of a server that is up; undefined where nobody knows it, and its agent decides. */
    policyOf: (server: ServerRow) => policyOf(server, clock.now()),
    jobRefusal: (server: ServerRow, job: { kind: JobKind; by: string | null }) => jobRefusal(server, job, clock.now()),
    policyRefused,
    /** Names and presences of servers, by id. */
    async presences(ids: string[]) {
      const rows = await store.findMany([...new Set(ids)]);
      return new Map(rows.map((row) => [row.id, { name: row.name, ...presenceOf(row, clock.now()) }]));
    },
    /** Where it is known to be reached from outside. */
    async addressesOf(id: string): Promise<string[]> {
      const { facts } = await find(id);
      return knownAddresses(facts?.addresses ?? [], (await store.callsFrom([id])).get(id)).map(({ address }) => address);
    },
    /** Those whose agents look for their control plane at this name. */
    async lookingFor(hostname: string): Promise<{ id: string; name: string }[]> {
      return (await store.homes()).filter(({ url }) => url !== null && URL.parse(url)?.hostname === hostname);
    },
    /** Of a server that may be gone. */
    nameOf: async (id: string) => (await store.name(id)) ?? id,

    async add({ name }: NewServer, url: string, actor: Actor | null): Promise<{ server: ServerView; enrollment: Enrollment }> {
      await nameIsFree(name);
      const id = newId("srv", clock);
      const { view, statements } = await enrollment(id, url);
      const insert = store.insert({ id, name, addedAt: clock.now() });
      await activity.write({ actor, action: "add-server", subject: name, serverId: id }, [insert, ...statements]);
      changed(id);
      return { server: await viewOf(await find(id)), enrollment: view };
    },

    /** Another token for the same server. Redeeming it replaces the key of the agent it had. */
    async enrollAgain(idOrName: string, url: string, actor: Actor | null): Promise<Enrollment> {
      const { id, name } = await find(idOrName);
      const { view, statements } = await enrollment(id, url);
      await activity.write({ actor, action: "issue-enrollment", subject: name, serverId: id }, statements);
      return view;
    },

    async enroll({ token, publicKey }: Enroll, address: string): Promise<Enrolled> {
      const tokenHash = sha256(token);
      const redeemed = (await store.redeem(tokenHash, publicKey, clock.now())) ?? (await refuseToken(tokenHash));
      const { id, name } = await find(redeemed.serverId);
      await activity.write(
        { actor: { name: "agent", address }, action: "enroll-server", subject: name, serverId: id },
        enrolledLine(id, address),
      );
      rooms.revoke(id, redeemed.opened);
      changed(id);
      const { id: controlPlaneId, publicKey: controlPlaneKey } = await system.identity();
      return { serverId: id, serverName: name, controlPlaneId, controlPlaneKey };
    },

    async rename(idOrName: string, { name }: NewServer, actor: Actor): Promise<ServerView> {
      const server = await find(idOrName);
      if (server.name !== name) {
        await nameIsFree(name);
        await activity.write({ actor, action: "rename-server", subject: `${server.name} to ${name}`, serverId: server.id }, [
          store.rename(server.id, name),
        ]);
        changed(server.id);
      }
      return viewOf(await find(server.id));
    },

    /** Forgets a server and shuts its agent out. What runs on it runs on. */
    async remove(idOrName: string, actor: Actor) {
      const { id, name } = await find(idOrName);
      const [gone] = await store.remove(id, clock.now());
      if (!gone) {
        const count = (await apps().of([id])).get(id) ?? 0;
        throw new AppError("CONFLICT", `${name} still has ${count} ${count === 1 ? "app" : "apps"}. Remove or move them first.`);
      }
      await activity.write({ actor, action: "remove-server", subject: name, serverId: id }, [store.dropEnrollments(id)]);
      rooms.revoke(id);
      events.publish({ type: "server.removed", id });
    },

    /** The key by which an agent proves to be this server. */
    publicKey: (id: string): Promise<string | undefined> => store.publicKey(id),

    ...links,
    leases: leases(ports),
    timeline: async (idOrName: string, page: PageQuery): Promise<Page<TimelineView>> => timeline((await find(idOrName)).id, page),
    /** How many servers there are of each presence. */
    async census(): Promise<Record<Presence, number>> {
      const counts = { added: 0, up: 0, away: 0, lost: 0 };
      for (const standing of await store.standings()) counts[presenceOf(standing, clock.now()).presence]++;
      return counts;
    },
    async said(id: string, facts: ServerFacts) {
      const [other] = await store.setFacts(id, facts);
      if (other) changed(id);
    },
  };
}
