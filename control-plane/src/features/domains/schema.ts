import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { AddressHttps } from "@appos/shared/address-domains";
import type { SiteAccess, SiteHeader } from "@appos/shared/site-options";
import type { ProxyDriver, ProxyPlace, Site, SiteState } from "@appos/shared/sites";
import { apps } from "../apps/schema.ts";
import { certificates } from "../certificates/schema.ts";
import { dnsProviders } from "../dns-providers/schema.ts";
import { servers } from "../servers/schema.ts";

/** Every name that leads to an app, in its canonical form: each has one owner, wherever its app runs. */
export const domainNames = sqliteTable(
  "domain_names",
  {
    name: text().primaryKey(),
    appId: text()
      .notNull()
      .references(() => apps.id),
    /** The name that it leads to, where it is that one's `www.` partner: it is owned so that nobody else can have it, and has no domains of its own. */
    aliasOf: text(),
    https: text().$type<Site["https"]>().notNull(),
    /** Where that is `own`. */
    certificateId: text().references(() => certificates.id),
    /** Where that is `acme`, and proven in the DNS. */
    dnsProviderId: text().references(() => dnsProviders.id),
    forceHttps: integer({ mode: "boolean" }).notNull(),
    www: integer({ mode: "boolean" }).notNull(),
    headers: text({ mode: "json" }).$type<SiteHeader[]>().notNull().default([]),
    hsts: integer({ mode: "boolean" }).notNull().default(false),
    /** With hashes in the place of passwords; null where everybody may visit. */
    access: text({ mode: "json" }).$type<SiteAccess>(),
    maxBodyMb: integer(),
    compress: integer({ mode: "boolean" }).notNull().default(false),
    /** HTML; null for a page of AppOS's own. */
    downPage: text(),
    /** The number of the job that told its server of it as it is. */
    revision: integer().notNull(),
    /** How it is served, as its server last said. */
    seen: text({ mode: "json" }).$type<Omit<SiteState, "name">>(),
    /** Of which end of which certificate people were warned last: see expiry.ts. */
    warnedOf: text(),
  },
  (row) => [index("domain_names_app").on(row.appId)],
);

/** Where requests for a name go whose path begins so. It belongs to the name's app. */
export const domains = sqliteTable(
  "domains",
  {
    id: text().primaryKey(),
    name: text()
      .notNull()
      .references(() => domainNames.name),
    path: text().notNull(),
    service: text().notNull(),
    port: integer().notNull(),
    revision: integer().notNull(),
    createdAt: integer().notNull(),
  },
  (row) => [uniqueIndex("domains_name_path").on(row.name, row.path)],
);

/** How a domain answered within one hour, asked through its server's proxy. */
export const domainUptime = sqliteTable(
  "domain_uptime",
  {
    domainId: text()
      .notNull()
      .references(() => domains.id, { onDelete: "cascade" }),
    /** Hours since 1970, UTC. */
    hour: integer().notNull(),
    asked: integer().notNull(),
    answered: integer().notNull(),
    /** Of those that answered. */
    latencySumMs: integer().notNull(),
    latencyMaxMs: integer().notNull(),
  },
  (row) => [primaryKey({ columns: [row.domainId, row.hour] }), index("domain_uptime_hour").on(row.hour)],
);

/** What each server's proxy was told, and what became of it. */
export const serverProxies = sqliteTable("server_proxies", {
  serverId: text()
    .primaryKey()
    .references(() => servers.id),
  driver: text().$type<ProxyDriver>().notNull().default("caddy"),
  place: text().$type<ProxyPlace>().notNull().default("container"),
  /** The number of the last job that tells it all; who has read an older one writes nothing. */
  revision: integer().notNull().default(0),
  jobId: text(),
  /** The number of the last such job that succeeded. */
  appliedRevision: integer().notNull().default(0),
  appliedAt: integer(),
  /** Why the last one failed. */
  problem: text(),
  /** Something that all servers share has changed, and it has not been told yet. */
  due: integer({ mode: "boolean" }).notNull().default(false),
  /** The root certificate of the server's own authority, as it said last. Its key is on the server and nowhere else. */
  authority: text(),
});

/** The console's own address: one row, or none. It is no app's, and no name is both. */
export const consoleAddress = sqliteTable("console_address", {
  id: integer().primaryKey(),
  name: text().notNull(),
  /** The server that the control plane runs on. */
  serverId: text()
    .notNull()
    .references(() => servers.id),
  /** The number of the job that told its server of it as it is. */
  revision: integer().notNull(),
  seen: text({ mode: "json" }).$type<Omit<SiteState, "name">>(),
  warnedOf: text(),
});

/** Names that lead to an address in a server's network: they are no app's, and no name is both. */
export const addressSites = sqliteTable(
  "address_sites",
  {
    id: text().primaryKey(),
    name: text().notNull(),
    serverId: text()
      .notNull()
      .references(() => servers.id),
    host: text().notNull(),
    port: integer().notNull(),
    https: text().$type<AddressHttps>().notNull(),
    forceHttps: integer({ mode: "boolean" }).notNull(),
    createdAt: integer().notNull(),
    /** The number of the job that told its server of it as it is. */
    revision: integer().notNull(),
    seen: text({ mode: "json" }).$type<Omit<SiteState, "name">>(),
    warnedOf: text(),
  },
  (row) => [uniqueIndex("address_sites_name").on(row.name), index("address_sites_server").on(row.serverId)],
);

/** Where certificates come from: one row, or none for what is usual. */
export const certificateSettings = sqliteTable("certificate_settings", {
  id: integer().primaryKey(),
  directory: text().notNull(),
  email: text(),
  roots: text(),
  /** Which of its states it is: another one after each change. */
  version: integer().notNull(),
});

export type NameRow = typeof domainNames.$inferSelect;
export type AddressRow = typeof addressSites.$inferSelect;
export type ConsoleRow = typeof consoleAddress.$inferSelect;
export type DomainRow = typeof domains.$inferSelect;
export type ProxyRow = typeof serverProxies.$inferSelect;
