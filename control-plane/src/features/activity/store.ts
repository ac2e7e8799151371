import { count, desc, eq, inArray, lt, sql } from "drizzle-orm";
import type { PageQuery } from "@appos/shared/envelope";
import type { Database, Statement } from "../../ports.ts";
import { filled } from "../../prepared.ts";
import { activity } from "./schema.ts";

export function activityStore(database: Database) {
  const columns = {
    id: activity.id,
    at: activity.at,
    by: activity.by,
    action: activity.action,
    subject: activity.subject,
    appId: activity.appId,
    serverId: activity.serverId,
    deploymentId: activity.deploymentId,
    jobId: activity.jobId,
    address: activity.address,
  };
  const of = (appId: string | undefined) => (appId === undefined ? undefined : eq(activity.appId, appId));
  const insert = database
    .insert(activity)
    .values(Object.fromEntries(Object.keys(columns).map((column) => [column, sql.placeholder(column)])) as never)
    .prepare();
  const nothing = Object.fromEntries(Object.keys(columns).map((column) => [column, null]));
  return {
    insert: (row: typeof activity.$inferInsert): Statement => filled(insert, { ...nothing, ...row }),
    /** Nothing happens where it is there already. */
    insertOnce: (row: typeof activity.$inferInsert) => database.insert(activity).values(row).onConflictDoNothing({ target: activity.id }),
    /** Deletes what was done before, so much of it at most. */
    forget: (before: number, limit: number) =>
      database
        .delete(activity)
        .where(
          inArray(
            activity.number,
            database.select({ number: activity.number }).from(activity).where(lt(activity.at, before)).orderBy(activity.at).limit(limit),
          ),
        ),
    count: async (appId?: string) => (await database.select({ n: count() }).from(activity).where(of(appId)))[0]!.n,
    list: ({ page, pageSize }: PageQuery, appId?: string) =>
      database
        .select(columns)
        .from(activity)
        .where(of(appId))
        .orderBy(desc(activity.number))
        .limit(pageSize)
        .offset((page - 1) * pageSize),
  };
}
