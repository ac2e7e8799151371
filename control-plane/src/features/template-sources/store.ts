import { and, asc, count, eq, inArray, isNotNull, isNull, lt, lte, ne, or, sql } from "drizzle-orm";
import type { PageQuery } from "@appos/shared/envelope";
import type { TemplateQuery } from "../templates/shelf.ts";
import type { Database, Statement } from "../../ports.ts";
import { type SourceRow, sourceTemplates, templateSources, type TemplateRow } from "./schema.ts";

type NewSource = Pick<SourceRow, "id" | "name" | "url" | "asked" | "schedule" | "nextAt" | "askedAt" | "createdAt">;
const LEFT_OVER_AT_ONCE = 200;
const WORDS = 8;

export function sourceStore(database: Database) {
  const free = (now: number) => or(isNull(templateSources.claimedUntil), lt(templateSources.claimedUntil, now));
  const ofCurrent = and(eq(sourceTemplates.sourceId, templateSources.id), eq(sourceTemplates.generation, templateSources.generation));
  const listed = {
    id: sourceTemplates.id,
    name: sourceTemplates.name,
    version: sourceTemplates.version,
    description: sourceTemplates.description,
    categories: sourceTemplates.categories,
    memoryMiB: sourceTemplates.memoryMiB,
    problem: sourceTemplates.problem,
    risks: sourceTemplates.risks,
    sourceId: templateSources.id,
    sourceName: templateSources.name,
  };
  const matching = ({ search, category }: TemplateQuery) =>
    and(
      ...(search ?? "")
        .toLowerCase()
        .split(/\s+/)
        .filter(Boolean)
        .slice(0, WORDS)
        .map((word) => sql`instr(${sourceTemplates.words}, ${word}) > 0`),
      category === undefined ? undefined : sql`instr(${sourceTemplates.categories}, ${` ${category} `}) > 0`,
    );

  return {
    list: (): Promise<SourceRow[]> => database.select().from(templateSources).orderBy(asc(templateSources.name), asc(templateSources.id)),
    find: async (id: string): Promise<SourceRow | undefined> =>
      (await database.select().from(templateSources).where(eq(templateSources.id, id))).at(0),
    findByUrl: async (url: string) =>
      (await database.select({ id: templateSources.id }).from(templateSources).where(eq(templateSources.url, url))).at(0),
    count: async () => (await database.select({ n: count() }).from(templateSources))[0]!.n,
    insert: (source: NewSource): Statement => database.insert(templateSources).values(source),
    remove: (id: string): Statement => database.delete(templateSources).where(eq(templateSources.id, id)),
    change: (id: string, change: Partial<Pick<SourceRow, "name" | "schedule" | "nextAt">>): Statement =>
      database.update(templateSources).set(change).where(eq(templateSources.id, id)),
    ask: (id: string, askedAt: number): Statement => database.update(templateSources).set({ askedAt }).where(eq(templateSources.id, id)),
    askAll: (askedAt: number): Statement => database.update(templateSources).set({ askedAt }),

    /** Those that somebody wants now, and those whose time has come. */
    due: async (now: number, limit: number) =>
      database
        .select({ id: templateSources.id })
        .from(templateSources)
        .where(and(free(now), or(isNotNull(templateSources.askedAt), lte(templateSources.nextAt, now))))
        .orderBy(asc(templateSources.askedAt), asc(templateSources.nextAt))
        .limit(limit),
    /** Of all that try at once one gets it. */
    claim: async (id: string, now: number, until: number): Promise<SourceRow | undefined> =>
      (
        await database
          .update(templateSources)
          .set({ claimedUntil: until, askedAt: null })
          .where(and(eq(templateSources.id, id), free(now)))
          .returning()
      ).at(0),
    /** Only while the claim is one's own. */
    settle: async (id: string, claimedUntil: number, outcome: Partial<SourceRow>) =>
      (
        await database
          .update(templateSources)
          .set({ ...outcome, claimedUntil: null })
          .where(and(eq(templateSources.id, id), eq(templateSources.claimedUntil, claimedUntil)))
          .returning({ id: templateSources.id })
      ).length > 0,

    put: (rows: TemplateRow[]) => database.insert(sourceTemplates).values(rows),
    /** Templates as one copy has them. */
    async before(sourceId: string, generation: number, ids: string[]) {
      const { id, version, template } = sourceTemplates;
      const ofCopy = and(eq(sourceTemplates.sourceId, sourceId), eq(sourceTemplates.generation, generation), inArray(id, ids));
      return new Map((await database.select({ id, version, template }).from(sourceTemplates).where(ofCopy)).map((row) => [row.id, row]));
    },
    /** Deletes some of what is not of the generation that counts; whether there was any. */
    async clear(sourceId: string, generation: number): Promise<boolean> {
      const old = and(eq(sourceTemplates.sourceId, sourceId), ne(sourceTemplates.generation, generation));
      const some = sql`rowid in (select rowid from ${sourceTemplates} where ${old} limit ${LEFT_OVER_AT_ONCE})`;
      return (await database.delete(sourceTemplates).where(some).returning({ id: sourceTemplates.id })).length > 0;
    },
    /** Of sources that were removed, likewise. */
    async clearRemoved(): Promise<boolean> {
      const gone = sql`rowid in (select rowid from ${sourceTemplates} where ${sourceTemplates.sourceId} not in (select ${templateSources.id} from ${templateSources}) limit ${LEFT_OVER_AT_ONCE})`;
      return (await database.delete(sourceTemplates).where(gone).returning({ id: sourceTemplates.id })).length > 0;
    },

    search: (query: TemplateQuery, offset: number, limit: number) =>
      database
        .select({ ...listed, total: sql<number>`count(*) over ()` })
        .from(sourceTemplates)
        .innerJoin(templateSources, ofCurrent)
        .where(matching(query))
        .orderBy(asc(sourceTemplates.words), asc(sourceTemplates.id))
        .limit(limit)
        .offset(offset),
    countMatching: async (query: TemplateQuery) =>
      (await database.select({ n: count() }).from(sourceTemplates).innerJoin(templateSources, ofCurrent).where(matching(query)))[0]!.n,
    template: async (id: string) =>
      (
        await database
          .select({ ...listed, template: sourceTemplates.template, dangers: sourceTemplates.dangers, dropped: sourceTemplates.dropped })
          .from(sourceTemplates)
          .innerJoin(templateSources, ofCurrent)
          .where(eq(sourceTemplates.id, id))
      ).at(0),
    versions: (ids: string[]) =>
      database
        .select({ id: sourceTemplates.id, version: sourceTemplates.version })
        .from(sourceTemplates)
        .innerJoin(templateSources, ofCurrent)
        .where(and(inArray(sourceTemplates.id, ids), isNull(sourceTemplates.problem))),
    report: (sourceId: string, generation: number, show: keyof typeof shown, { page, pageSize }: PageQuery) =>
      database
        .select({
          id: sourceTemplates.id,
          name: sourceTemplates.name,
          problem: sourceTemplates.problem,
          dropped: sourceTemplates.dropped,
          dangers: sourceTemplates.dangers,
        })
        .from(sourceTemplates)
        .where(and(eq(sourceTemplates.sourceId, sourceId), eq(sourceTemplates.generation, generation), shown[show]))
        .orderBy(asc(sourceTemplates.words), asc(sourceTemplates.id))
        .limit(pageSize)
        .offset((page - 1) * pageSize),
  };
}

const shown = {
  all: undefined,
  unusable: isNotNull(sourceTemplates.problem),
  trimmed: ne(sourceTemplates.dropped, "[]"),
  risky: sql`${sourceTemplates.risks} > 0`,
};
