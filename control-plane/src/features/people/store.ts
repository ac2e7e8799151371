import { and, eq, type SQL, sql } from "drizzle-orm";
import type { ProjectRole } from "@appos/shared/auth";
import type { Database, Statement } from "../../ports.ts";
import { projectPeople } from "./schema.ts";

/** Something that belongs to projects, as addresses name it: what has a name may be called by it. */
export interface Thing {
  kind: "app" | "certificate" | "deployment" | "domain" | "job" | "project" | "server";
  id: string;
}

/** Where things belong. What is left of an app that was removed belongs where it did. */
const belongs: Record<Thing["kind"], (id: string) => SQL> = {
  project: (id) => sql`select id as projectId from projects where (id = ${id} or name = ${id}) and removedAt is null`,
  app: (id) => sql`select projectId from apps where (id = ${id} or name = ${id}) and removedAt is null`,
  certificate: (id) => sql`select projectId from certificates where id = ${id}`,
  deployment: (id) => sql`select projectId from apps where id in (select appId from deployments where id = ${id})`,
  domain: (id) =>
    sql`select projectId from apps where id in (select appId from domain_names where name in (select name from domains where id = ${id}))`,
  job: (id) => sql`select projectId from apps where id in (select appId from jobs where id = ${id})`,
  server: (id) =>
    sql`select distinct projectId from apps where removedAt is null and serverId in (select id from servers where id = ${id} or name = ${id})`,
};

export function peopleStore(database: Database) {
  const of = (projectId: string, userId: string) => and(eq(projectPeople.projectId, projectId), eq(projectPeople.userId, userId));
  // Prepared: it is asked with every request of those who are no administrators.
  const ofUser = database
    .select({ id: projectPeople.projectId, role: projectPeople.role })
    .from(projectPeople)
    .where(
      and(
        eq(projectPeople.userId, sql.placeholder("userId")),
        sql`exists (select 1 from projects where projects.id = ${projectPeople.projectId} and projects.removedAt is null)`,
      ),
    )
    .prepare();
  return {
    ofUser: (userId: string): Promise<{ id: string; role: ProjectRole }[]> => ofUser.all({ userId }),
    ofProject: (projectId: string) =>
      database
        .select({ userId: projectPeople.userId, role: projectPeople.role })
        .from(projectPeople)
        .where(eq(projectPeople.projectId, projectId)),
    projectsOf: async ({ kind, id }: Thing): Promise<string[]> => {
      const rows = await database.select({ id: sql<string | null>`projectId` }).from(sql`(${belongs[kind](id)})`);
      return rows.flatMap((row) => row.id ?? []);
    },
    save: (row: typeof projectPeople.$inferInsert): Statement =>
      database
        .insert(projectPeople)
        .values(row)
        .onConflictDoUpdate({ target: [projectPeople.projectId, projectPeople.userId], set: { role: row.role } }),
    remove: (projectId: string, userId: string): Statement => database.delete(projectPeople).where(of(projectId, userId)),
  };
}
