import { and, eq, inArray, or } from "drizzle-orm";
import type { SharedScope } from "@appos/shared/env";
import type { Database, Statement } from "../../ports.ts";
import { sharedEnv } from "./schema.ts";

export function sharedEnvStore(database: Database) {
  const of = (scope: SharedScope, scopeId: string) => and(eq(sharedEnv.scope, scope), eq(sharedEnv.scopeId, scopeId));
  return {
    find: async (scope: SharedScope, scopeId: string) => (await database.select().from(sharedEnv).where(of(scope, scopeId))).at(0),
    findBoth: (projectId: string | null, serverId: string) =>
      database
        .select()
        .from(sharedEnv)
        .where(projectId === null ? of("server", serverId) : or(of("server", serverId), of("project", projectId))),
    changes: (ids: string[]) =>
      database
        .select({ scopeId: sharedEnv.scopeId, changedAt: sharedEnv.changedAt })
        .from(sharedEnv)
        .where(inArray(sharedEnv.scopeId, ids)),
    /** A number that is no longer the next changes no row, and fails the batch it is in: it is inserted anew. */
    write: (row: typeof sharedEnv.$inferInsert): Statement[] => [
      database.delete(sharedEnv).where(and(of(row.scope, row.scopeId), eq(sharedEnv.number, row.number - 1))),
      database.insert(sharedEnv).values(row),
    ],
  };
}
