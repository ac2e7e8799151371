import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Role, TokenRole } from "@appos/shared/auth";

export const users = sqliteTable("users", {
  id: text().primaryKey(),
  email: text().notNull().unique(),
  name: text().notNull(),
  role: text().$type<Role>().notNull(),
  /** `scrypt$N$r$p$salt$key`. */
  passwordHash: text().notNull(),
  createdAt: integer().notNull(),
});

export const sessions = sqliteTable("sessions", {
  /** SHA-256 of what the browser holds. */
  id: text().primaryKey(),
  userId: text()
    .notNull()
    .references(() => users.id, { onDelete: "cascade" }),
  expiresAt: integer().notNull(),
});

export const tokens = sqliteTable("tokens", {
  id: text().primaryKey(),
  userId: text()
    .notNull()
    .references(() => users.id, { onDelete: "cascade" }),
  name: text().notNull(),
  role: text().$type<TokenRole>().notNull(),
  hash: text().notNull().unique(),
  createdAt: integer().notNull(),
  usedAt: integer(),
});

/** Failed log-ins of an account or an address, in windows of time. */
export const attempts = sqliteTable(
  "attempts",
  { key: text().notNull(), window: integer().notNull(), count: integer().notNull() },
  (attempt) => [primaryKey({ columns: [attempt.key, attempt.window] })],
);

/** One row for each thing that happens once: "setup" when the administrator was made, with the link's hash before. */
export const milestones = sqliteTable("milestones", { name: text().primaryKey(), value: text().notNull(), at: integer().notNull() });

export type User = typeof users.$inferSelect;
export type Token = typeof tokens.$inferSelect;
