import { and, eq, isNull, ne } from "drizzle-orm";
import type { UpdatesFound } from "@appos/shared/updates";
import type { Database, Statement } from "../../ports.ts";
import { type AppRow, apps, hasUpdateWindow } from "./schema.ts";

/** What an app keeps of newer images. */
export function appUpdateStore(database: Database) {
  return {
    setFound: (id: string, updatesFound: UpdatesFound): Statement => database.update(apps).set({ updatesFound }).where(eq(apps.id, id)),
    /** Apps that AppOS may update by itself. */
    automatic: (): Promise<AppRow[]> =>
      database
        .select()
        .from(apps)
        .where(and(hasUpdateWindow(apps), isNull(apps.removedAt))),
    /** Whether nobody has tried just this before; from now on somebody has. */
    claimTry: async (id: string, name: string) =>
      (
        await database
          .update(apps)
          .set({ updatesTried: name })
          .where(and(eq(apps.id, id), ne(apps.updatesTried, name)))
          .returning({ id: apps.id })
      ).length > 0,
  };
}
