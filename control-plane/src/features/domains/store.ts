import { and, asc, count, eq, gt, gte, inArray, lt, or, sql } from "drizzle-orm";
import type { DomainQuery } from "@appos/shared/domains";
import { type AcmeAuthority, LETS_ENCRYPT } from "@appos/shared/sites";
import type { Database, Statement } from "../../ports.ts";
import {
  type AddressRow,
  addressSites,
  certificateSettings,
  consoleAddress,
  type ConsoleRow,
  type DomainRow,
  domainNames,
  domains,
  type NameRow,
  type ProxyRow,
  serverProxies,
} from "./schema.ts";
import { endOfCertificate, onServer, seenStore } from "./seen-store.ts";

/** What a name is, besides how its server sees it. */
export type NameSettings = Omit<NameRow, "revision" | "seen" | "warnedOf">;
export interface Listed {
  domain: DomainRow;
  name: NameRow;
}
/** All that one server serves, and what it was read from: a change of that is written only while it is still so. */
export interface Served {
  serverId: string;
  proxy: ProxyRow | undefined;
  names: NameRow[];
  domains: DomainRow[];
  console: ConsoleRow | undefined;
  addresses: AddressRow[];
  acme: AcmeAuthority;
  acmeVersion: number;
}
export interface Asked extends Partial<Pick<DomainQuery, "app" | "serverId" | "search" | "show">> {
  /** Of apps of nothing but these projects. */
  within?: string[] | undefined;
}

/** A job's number, in the batch that writes it. */
export const numberOf = (jobId: string) => sql<number>`(select number from jobs where id = ${jobId})`;

/** What is asked for is looked for as it stands: no character of it has a meaning. */
function matching({ app, serverId, search, within, show }: Asked) {
  const words = search?.toLowerCase();
  const inside = (text: unknown) => sql`instr(lower(${text}), ${words}) > 0`;
  const owned = sql`select id from apps where removedAt is null`;
  const appNamed = sql`exists (select 1 from apps where apps.id = ${domainNames.appId} and ${inside(sql`apps.name`)})`;
  return and(
    sql`${domainNames.appId} in (${owned}
      ${within ? sql`and ${inArray(sql`projectId`, within)}` : sql``}
      ${serverId === undefined ? sql`` : sql`and serverId = ${serverId}`}
      ${app === undefined ? sql`` : sql`and (id = ${app} or name = ${app})`})`,
    // Of which people were warned, and which was not renewed since.
    show === "ending" ? sql`${domainNames.warnedOf} like ${endOfCertificate(domainNames)} || ' %'` : undefined,
    words ? or(inside(domains.name), inside(domains.path), appNamed) : undefined,
  );
}

export function domainStore(database: Database) {
  const joined = () =>
    database
      .select({ domain: domains, name: domainNames })
      .from(domains)
      .innerJoin(domainNames, eq(domainNames.name, domains.name))
      .$dynamic();
  const settings = database.select().from(certificateSettings);
  return {
    find: async (id: string): Promise<Listed | undefined> => (await joined().where(eq(domains.id, id))).at(0),
    findAt: async (name: string, path: string): Promise<Listed | undefined> =>
      (await joined().where(and(eq(domains.name, name), eq(domains.path, path)))).at(0),
    list: (asked: Asked, { page, pageSize }: Pick<DomainQuery, "page" | "pageSize">): Promise<Listed[]> =>
      joined()
        .where(matching(asked))
        .orderBy(asc(domains.name), asc(domains.path))
        .limit(pageSize)
        .offset((page - 1) * pageSize),
    count: async (asked: Asked) =>
      (
        await database
          .select({ n: count() })
          .from(domains)
          .innerJoin(domainNames, eq(domainNames.name, domains.name))
          .where(matching(asked))
      )[0]!.n,

    /** In one batch, and so of one moment. */
    async served(serverId: string): Promise<Served> {
      const [[proxy], names, paths, [own], addresses, [acme]] = await database.batch([
        database.select().from(serverProxies).where(eq(serverProxies.serverId, serverId)),
        database.select().from(domainNames).where(onServer(serverId)),
        joined().where(onServer(serverId)),
        database.select().from(consoleAddress).where(eq(consoleAddress.serverId, serverId)),
        database.select().from(addressSites).where(eq(addressSites.serverId, serverId)),
        settings,
      ]);
      return {
        serverId,
        proxy,
        names,
        domains: paths.map(({ domain }) => domain),
        console: own,
        addresses,
        acme: authorityOf(acme),
        acmeVersion: acme?.version ?? 0,
      };
    },
    owners: (names: string[]) =>
      database.select({ name: domainNames.name, appId: domainNames.appId }).from(domainNames).where(inArray(domainNames.name, names)),

    /** An app owns a name, and this is what the name is. Where another app owns it, the console has it, or this app is gone, the batch fails. */
    claim: (name: NameSettings, jobId: string): Statement =>
      database
        .insert(domainNames)
        .values({
          ...name,
          appId: sql`(select id from apps where id = ${name.appId} and removedAt is null and not exists (select 1 from console_address where name = ${name.name}) and not exists (select 1 from address_sites where name = ${name.name}))`,
          revision: numberOf(jobId),
        })
        .onConflictDoUpdate({
          target: domainNames.name,
          set: {
            appId: sql`case when ${domainNames.appId} = excluded.appId then excluded.appId end`,
            aliasOf: sql`excluded.aliasOf`,
            https: sql`excluded.https`,
            certificateId: sql`excluded.certificateId`,
            dnsProviderId: sql`excluded.dnsProviderId`,
            forceHttps: sql`excluded.forceHttps`,
            www: sql`excluded.www`,
            headers: sql`excluded.headers`,
            hsts: sql`excluded.hsts`,
            access: sql`excluded.access`,
            maxBodyMb: sql`excluded.maxBodyMb`,
            compress: sql`excluded.compress`,
            downPage: sql`excluded.downPage`,
            revision: sql`excluded.revision`,
          },
        }),
    release: (names: string[]): Statement => database.delete(domainNames).where(inArray(domainNames.name, names)),
    insert: (domain: Omit<DomainRow, "revision">, jobId: string): Statement =>
      database.insert(domains).values({ ...domain, revision: numberOf(jobId) }),
    change: (id: string, { service, port }: Pick<DomainRow, "service" | "port">, jobId: string): Statement =>
      database
        .update(domains)
        .set({ service, port, revision: numberOf(jobId) })
        .where(eq(domains.id, id)),
    remove: (id: string): Statement => database.delete(domains).where(eq(domains.id, id)),

    setProgram: (serverId: string, program: Pick<ProxyRow, "driver" | "place">): Statement =>
      database
        .insert(serverProxies)
        .values({ serverId, ...program })
        .onConflictDoUpdate({ target: serverProxies.serverId, set: program }),
    /**
     * The server is told anew by this job. Where it was told of something else since it was read, or what all share has changed, or one of the
     * certificates or DNS providers that it is told is another by now, the batch fails. `states`: see those.
     */
    told({ serverId, proxy, acmeVersion }: Served, jobId: string, states: string[]): Statement {
      const inState = (table: string) => sql`(select count(*) from ${sql.identifier(table)} where ${inArray(sql`state`, states)})`;
      const same = and(
        sql`coalesce((select max(version) from certificate_settings), 0) = ${acmeVersion}`,
        states.length > 0 ? sql`${inState("certificates")} + ${inState("dns_providers")} = ${states.length}` : undefined,
      );
      return database
        .insert(serverProxies)
        .values({ serverId, revision: sql`case when ${same} then ${numberOf(jobId)} end`, jobId })
        .onConflictDoUpdate({
          target: serverProxies.serverId,
          set: {
            revision: sql`case when ${serverProxies.revision} = ${proxy?.revision ?? 0} then excluded.revision end`,
            jobId: sql`excluded.jobId`,
            due: false,
          },
        });
    },
    /** Nothing comes back where that is known already, or nobody here has asked for it. */
    applied: (serverId: string, job: { id: string; number: number }, appliedAt: number) =>
      database
        .update(serverProxies)
        .set({
          appliedRevision: job.number,
          appliedAt,
          problem: sql`case when ${serverProxies.jobId} = ${job.id} then null else ${serverProxies.problem} end`,
        })
        .where(
          and(eq(serverProxies.serverId, serverId), gte(serverProxies.revision, job.number), lt(serverProxies.appliedRevision, job.number)),
        ),
    setAuthority: (serverId: string, authority: string) =>
      database.update(serverProxies).set({ authority }).where(eq(serverProxies.serverId, serverId)),
    /** Of the last job only: what came of an older one is no news. */
    refused: (serverId: string, jobId: string, problem: string) =>
      database
        .update(serverProxies)
        .set({ problem })
        .where(and(eq(serverProxies.serverId, serverId), eq(serverProxies.jobId, jobId))),
    /** Something has changed that it has to be told of. */
    toTell: (serverId: string): Statement =>
      database
        .insert(serverProxies)
        .values({ serverId, due: true })
        .onConflictDoUpdate({ target: serverProxies.serverId, set: { due: true } }),
    /** It could not be told, and still has to be. */
    owed: (serverId: string, problem: string): Statement =>
      database
        .update(serverProxies)
        .set({ problem, due: true })
        .where(and(eq(serverProxies.serverId, serverId), sql`${serverProxies.problem} is not ${problem}`)),

    proxies: (serverIds?: string[]) =>
      database
        .select()
        .from(serverProxies)
        .where(serverIds && inArray(serverProxies.serverId, serverIds)),
    /** Of those that still have to be told, these many: those that refused it last come last. */
    due: (atOnce: number) =>
      database
        .select({ serverId: serverProxies.serverId })
        .from(serverProxies)
        .where(eq(serverProxies.due, true))
        .orderBy(sql`${serverProxies.problem} is not null`, sql`random()`)
        .limit(atOnce),
    /** How many domains there are on each server. */
    countOn: () =>
      database
        .select({ serverId: sql<string>`apps.serverId`, n: count() })
        .from(domains)
        .innerJoin(domainNames, eq(domainNames.name, domains.name))
        .innerJoin(sql`apps`, sql`apps.id = ${domainNames.appId}`)
        .groupBy(sql`apps.serverId`),
    /** What its server was not yet known to serve as it is. */
    changedSince: async (serverId: string, revision: number) => {
      const newer = or(gt(domains.revision, revision), gt(domainNames.revision, revision));
      return (await joined().where(and(onServer(serverId), newer))).map(({ domain }) => domain.id);
    },
    /** Names and apps on these servers of whoever is in none of these projects, and the addresses that are no project's. */
    outside: async (serverIds: string[], within: string[]) => {
      const rows = await database
        .select({ name: domainNames.name, app: sql<string>`apps.name` })
        .from(domainNames)
        .innerJoin(sql`apps`, sql`apps.id = ${domainNames.appId}`)
        .where(
          and(inArray(sql`apps.serverId`, serverIds), or(sql`apps.projectId is null`, sql`not ${inArray(sql`apps.projectId`, within)}`)),
        );
      const addresses = await database
        .select({ name: addressSites.name, host: addressSites.host })
        .from(addressSites)
        .where(inArray(addressSites.serverId, serverIds));
      return [...rows.flatMap(({ name, app }) => [name, app]), ...addresses.flatMap(({ name, host }) => [name, host])];
    },

    ...seenStore(database),
    domainsOf: async (names: string[]) =>
      (await database.select({ id: domains.id }).from(domains).where(inArray(domains.name, names))).map(({ id }) => id),
    ofApp: (appId: string) => database.select({ name: domainNames.name }).from(domainNames).where(eq(domainNames.appId, appId)),
    removeOfApp: (appId: string): [Statement, Statement] => [
      database.delete(domains).where(sql`${domains.name} in (select name from domain_names where appId = ${appId})`),
      database.delete(domainNames).where(eq(domainNames.appId, appId)),
    ],

    certificates: async () => authorityOf((await settings).at(0)),
    /** From now on every server that gets certificates is to be told. */
    setCertificates: (acme: AcmeAuthority): [Statement, Statement] => [
      database
        .insert(certificateSettings)
        .values({ id: 1, ...acme, version: 1 })
        .onConflictDoUpdate({ target: certificateSettings.id, set: { ...acme, version: sql`${certificateSettings.version} + 1` } }),
      database
        .update(serverProxies)
        .set({ due: true })
        .where(
          sql`${serverProxies.serverId} in (select apps.serverId from apps join domain_names on domain_names.appId = apps.id where domain_names.https = 'acme' union select serverId from console_address union select serverId from address_sites where https = 'acme')`,
        ),
    ],
    batch: (statements: [Statement, ...Statement[]]) => database.batch(statements),
  };
}

function authorityOf(row: typeof certificateSettings.$inferSelect | undefined): AcmeAuthority {
  return { directory: row?.directory ?? LETS_ENCRYPT, email: row?.email ?? null, roots: row?.roots ?? null };
}
