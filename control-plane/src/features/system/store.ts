import { eq, sql } from "drizzle-orm";
import type { Database } from "../../ports.ts";
import { facts } from "./schema.ts";

export function systemStore(database: Database) {
  const fact = database
    .select()
    .from(facts)
    .where(eq(facts.name, sql.placeholder("name")))
    .prepare();
  return {
    /** The value a fact has; this one where it had none. */
    async fact(name: string, value: string): Promise<string> {
      const [known] = await fact.all({ name });
      if (known) return known.value;
      await database.insert(facts).values({ name, value }).onConflictDoNothing();
      return (await fact.all({ name }))[0]!.value;
    },
    /** The newest time that is known from before this start: that of the last look at the clock, or of what was done last. */
    async lastKnownTime(): Promise<number | undefined> {
      const [tick] = await fact.all({ name: "lastTick" });
      if (tick) return Number(tick.value);
      const at = sql<number>`"at"`;
      const [act] = await database
        .select({ at })
        .from(sql`"activity"`)
        .orderBy(sql`"number" desc`)
        .limit(1);
      return act?.at;
    },
    set: (name: string, value: string) =>
      database.insert(facts).values({ name, value }).onConflictDoUpdate({ target: facts.name, set: { value } }),
  };
}
