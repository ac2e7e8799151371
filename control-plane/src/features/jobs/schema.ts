import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Entry, JobError, JobKind, JobState } from "@appos/shared/jobs";
import { servers } from "../servers/schema.ts";

export const jobs = sqliteTable(
  "jobs",
  {
    /** The order in which jobs were asked for. */
    number: integer().primaryKey({ autoIncrement: true }),
    id: text().notNull().unique(),
    serverId: text()
      .notNull()
      .references(() => servers.id),
    /** The app it is about, with its name at the time. */
    appId: text(),
    appName: text(),
    kind: text().$type<JobKind>().notNull(),
    lane: text().notNull(),
    /** Sealed: it may hold secrets. */
    input: text().notNull(),
    state: text().$type<JobState>().notNull().default("queued"),
    /** Its entries are stored up to this one. */
    held: integer().notNull().default(0),
    result: text({ mode: "json" }),
    error: text({ mode: "json" }).$type<JobError>(),
    /** Who asked, and the Idempotency-Key they asked with. */
    by: text(),
    key: text().unique(),
    /** SHA-256 of what was asked: the same key for something else is a conflict. */
    fingerprint: text().notNull(),
    queuedAt: integer().notNull(),
    startedAt: integer(),
    endedAt: integer(),
    cancelAskedAt: integer(),
    /** Its end has been told to whoever reacts to it. */
    told: integer({ mode: "boolean" }).notNull().default(false),
  },
  (job) => [
    uniqueIndex("one_job_per_lane")
      .on(job.serverId, job.lane)
      .where(sql`${job.state} in ('offered', 'running')`),
    index("jobs_open")
      .on(job.serverId, job.number)
      .where(sql`${job.state} in ('queued', 'offered', 'running')`),
    index("jobs_untold")
      .on(job.serverId)
      .where(sql`${job.told} = 0`),
    index("jobs_app").on(job.appId),
  ],
);

export const entries = sqliteTable(
  "entries",
  {
    jobId: text()
      .notNull()
      .references(() => jobs.id),
    seq: integer().notNull(),
    at: integer().notNull(),
    step: text().notNull(),
    stream: text().$type<Entry["stream"]>().notNull(),
    text: text().notNull(),
  },
  (entry) => [primaryKey({ columns: [entry.jobId, entry.seq] })],
);

/** The link of each server's agent. Every socket that is accepted takes the next number; the newest one that has proved itself is the link. */
export const links = sqliteTable("links", {
  serverId: text()
    .primaryKey()
    .references(() => servers.id),
  /** The number of the last socket accepted. */
  opened: integer().notNull(),
  /** The number of the newest socket whose agent has proved itself: an older one changes nothing. */
  epoch: integer().notNull().default(0),
  /** The journal that both sides last agreed on. */
  journal: text(),
});

export type Job = typeof jobs.$inferSelect;
/** A job without what it was given and gave back. */
export type ListedJob = Omit<Job, "input" | "result">;
export type Link = Pick<typeof links.$inferSelect, "serverId" | "epoch">;
