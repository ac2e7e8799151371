import { eq } from "drizzle-orm";
import type { Database } from "../../ports.ts";
import { facts } from "./schema.ts";

export function systemStore(database: Database) {
  return {
    /** The value a fact has; this one where it had none. */
    async fact(name: string, value: string): Promise<string> {
      await database.insert(facts).values({ name, value }).onConflictDoNothing();
      return (await database.select().from(facts).where(eq(facts.name, name)))[0]!.value;
    },
    set: (name: string, value: string) =>
      database.insert(facts).values({ name, value }).onConflictDoUpdate({ target: facts.name, set: { value } }),
  };
}
