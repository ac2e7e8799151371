import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { projects } from "../projects/schema.ts";

/** Certificates that people uploaded. */
export const certificates = sqliteTable("certificates", {
  id: text().primaryKey(),
  /** Whose apps may use it; null where it is the administrators'. */
  projectId: text().references(() => projects.id),
  /** In PEM, the first one before what it was issued by. */
  chain: text().notNull(),
  /** Sealed. It is opened for servers that serve with it, and for nobody else. */
  key: text().notNull(),
  /** Read from the first of the chain. */
  names: text({ mode: "json" }).$type<string[]>().notNull(),
  issuer: text().notNull(),
  notBefore: integer().notNull(),
  notAfter: integer().notNull(),
  fingerprint: text().notNull(),
  /** Another one after each change: who has read an older one tells no server of it. */
  state: text().notNull(),
  changedAt: integer().notNull(),
});

export type CertificateRow = typeof certificates.$inferSelect;
