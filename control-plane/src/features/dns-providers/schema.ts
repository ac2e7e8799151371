import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { DnsProviderKind } from "@appos/shared/dns-providers";

/** Who changes the DNS of zones for their certificates. */
export const dnsProviders = sqliteTable("dns_providers", {
  id: text().primaryKey(),
  name: text().notNull(),
  kind: text().$type<DnsProviderKind>().notNull(),
  zones: text({ mode: "json" }).$type<string[]>().notNull(),
  /** Sealed. It is opened for servers that use it, and for nobody else. */
  access: text().notNull(),
  /** Another one after each change: who has read an older one tells no server of it. */
  state: text().notNull(),
  changedAt: integer().notNull(),
});

export type DnsProviderRow = typeof dnsProviders.$inferSelect;
