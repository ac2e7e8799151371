import { and, eq } from "drizzle-orm";
import type { Database, Statement } from "../../ports.ts";
import { leftProjects } from "./schema.ts";

export function adoptionStore(database: Database) {
  const isThis = (serverId: string, project: string) => and(eq(leftProjects.serverId, serverId), eq(leftProjects.project, project));
  return {
    async leftOn(serverId: string): Promise<Set<string>> {
      const rows = await database.select({ project: leftProjects.project }).from(leftProjects).where(eq(leftProjects.serverId, serverId));
      return new Set(rows.map(({ project }) => project));
    },
    leave: (serverId: string, project: string): Statement =>
      database.insert(leftProjects).values({ serverId, project }).onConflictDoNothing(),
    unleave: (serverId: string, project: string): Statement => database.delete(leftProjects).where(isThis(serverId, project)),
  };
}
