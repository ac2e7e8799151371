import { and, asc, count, eq, gt, inArray, isNull, type SQL, sql } from "drizzle-orm";
import type { PageQuery } from "@appos/shared/envelope";
import type { ServerFacts } from "@appos/shared/servers";
import type { Database, Statement } from "../../ports.ts";
import { enrollments, type ListedServer, listedServer, type ServerRow, servers, timeline } from "./schema.ts";

/** A process that holds the links of these servers, and was not reached, finds here that it holds them no more. */
const heldByNobody = (servers: SQL) => sql`update "links" set "holder" = null where "serverId" in (${servers})`;

export function serverStore(database: Database) {
  const first = async (rows: Promise<ServerRow[]>) => (await rows).at(0);
  const present = isNull(servers.removedAt);
  /** Those on which apps of these projects are. */
  const of = (projectIds: string[] | undefined) =>
    projectIds &&
    sql`exists (select 1 from apps where apps.serverId = ${servers.id} and apps.removedAt is null and ${inArray(sql`apps.projectId`, projectIds)})`;
  // Prepared: it is asked with nearly everything.
  const byId = database
    .select()
    .from(servers)
    .where(and(eq(servers.id, sql.placeholder("id")), present))
    .prepare();
  const keyById = database
    .select({ publicKey: servers.publicKey })
    .from(servers)
    .where(and(eq(servers.id, sql.placeholder("id")), present))
    .prepare();
  const nameById = database
    .select({ name: servers.name })
    .from(servers)
    .where(eq(servers.id, sql.placeholder("id")))
    .prepare();
  return {
    count: async (within?: string[]) =>
      (
        await database
          .select({ n: count() })
          .from(servers)
          .where(and(present, of(within)))
      )[0]!.n,
    list: ({ page, pageSize }: PageQuery, within?: string[]) =>
      database
        .select()
        .from(servers)
        .where(and(present, of(within)))
        .orderBy(asc(servers.name))
        .limit(pageSize)
        .offset((page - 1) * pageSize),
    hits: (search: string, limit: number, within?: string[]) =>
      database
        .select({ id: servers.id, name: servers.name })
        .from(servers)
        .where(and(present, of(within), sql`instr(${servers.name}, ${search.toLowerCase()}) > 0`))
        .orderBy(asc(servers.name))
        .limit(limit),
    find: (id: string) => first(byId.all({ id })),
    publicKey: async (id: string) => (await keyById.all({ id })).at(0)?.publicKey ?? undefined,
    findByName: (name: string) =>
      first(
        database
          .select()
          .from(servers)
          .where(and(eq(servers.name, name), present)),
      ),
    findMany: (ids: string[]): Promise<ListedServer[]> => database.select(listedServer).from(servers).where(inArray(servers.id, ids)),
    /** From where agents called last. */
    async callsFrom(ids: string[]): Promise<Map<string, string>> {
      const last = sql`(select max(number) from timeline as other where other.serverId = ${timeline.serverId} and other.what = 'connected')`;
      const rows = await database
        .select({ serverId: timeline.serverId, address: timeline.address })
        .from(timeline)
        .where(and(inArray(timeline.serverId, ids), eq(timeline.number, last)));
      return new Map(rows.flatMap(({ serverId, address }) => (address === null ? [] : [[serverId, address]])));
    },
    /** Where agents look for their control plane, as they say. */
    homes: () =>
      database
        .select({ id: servers.id, name: servers.name, url: sql<string | null>`json_extract(${servers.facts}, '$.controlPlane')` })
        .from(servers)
        .where(present),
    name: async (id: string) => (await nameById.all({ id })).at(0)?.name,
    insert: (server: typeof servers.$inferInsert): Statement => database.insert(servers).values(server),
    rename: (id: string, name: string): Statement => database.update(servers).set({ name }).where(eq(servers.id, id)),
    /** Nothing comes back when an app has come to it meanwhile. */
    async remove(id: string, removedAt: number) {
      const [removed] = await database.batch([
        database
          .update(servers)
          .set({ removedAt, publicKey: null })
          .where(and(eq(servers.id, id), sql`not exists (select 1 from apps where apps.serverId = ${id} and apps.removedAt is null)`))
          .returning({ id: servers.id }),
        database.run(heldByNobody(sql`select "id" from "servers" where "id" = ${id} and "removedAt" is not null`)),
        database.run(
          sql`delete from "console_address" where "serverId" in (select "id" from "servers" where "id" = ${id} and "removedAt" is not null)`,
        ),
        database.run(
          sql`delete from "address_sites" where "serverId" in (select "id" from "servers" where "id" = ${id} and "removedAt" is not null)`,
        ),
        database.run(
          sql`delete from "server_proxies" where "serverId" in (select "id" from "servers" where "id" = ${id} and "removedAt" is not null)`,
        ),
      ]);
      return removed;
    },

    /** A newer token makes the older ones of the same server void. */
    dropEnrollments: (serverId: string): Statement =>
      database.delete(enrollments).where(and(eq(enrollments.serverId, serverId), isNull(enrollments.usedAt))),
    insertEnrollment: (row: typeof enrollments.$inferInsert): Statement => database.insert(enrollments).values(row),
    findEnrollment: async (tokenHash: string) =>
      (await database.select().from(enrollments).where(eq(enrollments.tokenHash, tokenHash))).at(0),
    /** Uses a token up and gives its server this key: both or neither. Nothing comes back when somebody else was quicker or it is too late; else also how many sockets it had before. */
    async redeem(tokenHash: string, publicKey: string, now: number) {
      const fresh = and(eq(enrollments.tokenHash, tokenHash), isNull(enrollments.usedAt), gt(enrollments.expiresAt, now));
      const mine = database
        .select({ serverId: enrollments.serverId })
        .from(enrollments)
        .where(and(eq(enrollments.tokenHash, tokenHash), eq(enrollments.publicKey, publicKey), eq(enrollments.usedAt, now)));
      const [[used], , , [link]] = await database.batch([
        database.update(enrollments).set({ usedAt: now, publicKey }).where(fresh).returning(),
        database.update(servers).set({ publicKey }).where(inArray(servers.id, mine)),
        database.run(heldByNobody(sql`${mine}`)),
        database
          .select({ opened: sql<number>`"opened"` })
          .from(sql`"links"`)
          .where(sql`"serverId" in (${mine})`),
      ]);
      return used && { ...used, opened: link?.opened ?? 0 };
    },

    /** What presence is read from, of all that are there. */
    standings: () =>
      database
        .select({
          addedAt: servers.addedAt,
          connectedAt: servers.connectedAt,
          disconnectedAt: servers.disconnectedAt,
          lostWhy: servers.lostWhy,
          awayAt: servers.awayAt,
          tellAt: servers.tellAt,
          losses: servers.losses,
          flappingSince: servers.flappingSince,
        })
        .from(servers)
        .where(present),
    /** Writes them only where they are others: nothing comes back when they are the same. */
    setFacts: (id: string, facts: ServerFacts) =>
      database
        .update(servers)
        .set({ facts })
        .where(and(eq(servers.id, id), sql`${servers.facts} is not ${JSON.stringify(facts)}`))
        .returning({ id: servers.id }),
  };
}
