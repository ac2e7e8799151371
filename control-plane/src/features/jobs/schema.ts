import { sql } from "drizzle-orm";
import { type AnySQLiteColumn, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Entry, JobError, JobKind, JobState } from "@appos/shared/jobs";
import { servers } from "../servers/schema.ts";

type Columns<K extends string> = Record<K, AnySQLiteColumn>;
// What an index is limited to, its queries have to say in the same words, and without parameters: or it would not be used.
/** It can still leave its state. */
export const isOpen = (job: Columns<"state">) => sql`${job.state} in ('queued', 'offered', 'running')`;
/** Its end, if it has one, was not told to everybody. */
export const isUntold = (job: Columns<"told">) => sql`${job.told} = 0`;
/** It has ended, and there are entries of it. */
const hasEntries = (job: Columns<"endedAt" | "held" | "logBytes">) =>
  sql`${job.endedAt} is not null and ${job.held} > 0 and coalesce(${job.logBytes}, 1) > 0`;
/** It has ended, and its log is kept. */
export const hasLog = (job: Columns<"endedAt" | "held" | "logBytes" | "logRemovedAt">) =>
  sql`${job.logRemovedAt} is null and ${hasEntries(job)}`;
/** Its log is gone for everybody, and its entries are still there. */
export const logGoes = (job: Columns<"endedAt" | "held" | "logBytes" | "logRemovedAt">) =>
  sql`${job.logRemovedAt} is not null and ${hasEntries(job)}`;
/** It has ended, and everybody has heard of it. */
export const isOver = (job: Columns<"endedAt" | "told">) => sql`${job.told} = 1 and ${job.endedAt} is not null`;

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
    /** Sealed, for it may hold secrets; empty once its end has been told. */
    input: text().notNull(),
    state: text().$type<JobState>().notNull().default("queued"),
    /** How many links it was offered over that ended before it was accepted. */
    offers: integer().notNull().default(0),
    /** Its entries are stored up to this one. */
    held: integer().notNull().default(0),
    /** How many bytes its entries' texts have; null until somebody has counted them. */
    logBytes: integer(),
    /** When it was settled that its entries go; they are gone once `logBytes` is 0. */
    logRemovedAt: integer(),
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
    // Of thousands that wait the first of each lane is found without reading them.
    index("jobs_open").on(job.serverId, job.lane, job.number, job.state).where(isOpen(job)),
    index("jobs_untold").on(job.serverId, job.endedAt).where(isUntold(job)),
    index("jobs_app").on(job.appId),
    index("jobs_open_of_app").on(job.appId).where(isOpen(job)),
    index("jobs_with_log").on(job.endedAt, job.number, job.logBytes, job.held, job.logRemovedAt).where(hasLog(job)),
    index("jobs_log_goes").on(job.number).where(logGoes(job)),
    index("jobs_over").on(job.endedAt, job.number).where(isOver(job)),
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
  /** How many lanes its server runs side by side. */
  lanes: integer().notNull().default(3),
  /** The process that the link was opened to, where there are several; null where that is to be shut out. */
  holder: text(),
});

export type Job = typeof jobs.$inferSelect;
/** A job without what it was given and gave back. */
export type ListedJob = Omit<Job, "input" | "result">;
/** An open link: its number, and how many lanes its server runs side by side. */
export type Link = Pick<typeof links.$inferSelect, "serverId" | "epoch" | "lanes">;
