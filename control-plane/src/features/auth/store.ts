import { and, asc, count, eq, gt, lt, ne, sql } from "drizzle-orm";
import type { Database, Statement } from "../../ports.ts";
import { attempts, milestones, sessions, type Token, tokens, type User, users } from "./schema.ts";
import type { SessionRows } from "./sessions.ts";

export function authStore(database: Database) {
  const first = async <T>(rows: Promise<T[]>) => (await rows).at(0);
  // Prepared: they are asked with every request.
  const tokenAndUser = database
    .select({ token: tokens, user: users })
    .from(tokens)
    .innerJoin(users, eq(users.id, tokens.userId))
    .where(eq(tokens.hash, sql.placeholder("hash")))
    .prepare();
  const userById = database
    .select()
    .from(users)
    .where(eq(users.id, sql.placeholder("id")))
    .prepare();
  return {
    userById: (id: string) => first<User>(userById.all({ id })),
    userByEmail: (email: string) => first<User>(database.select().from(users).where(eq(users.email, email))),
    users: () => database.select().from(users).orderBy(asc(users.createdAt)),
    countUsers: async () => (await database.select({ n: count() }).from(users))[0]!.n,
    insertUser: (user: User): Statement => database.insert(users).values(user),
    changeUser: (id: string, changed: Partial<Pick<User, "name" | "role" | "passwordHash">>): Statement =>
      database.update(users).set(changed).where(eq(users.id, id)),
    /** All sessions of a user, but that of this hash. */
    endSessions: (userId: string, but = ""): Statement =>
      database.delete(sessions).where(and(eq(sessions.userId, userId), ne(sessions.id, but))),
    removeUser: (id: string): Statement => database.delete(users).where(eq(users.id, id)),
    /** Fails for the only administrator: before what would leave none, in the same batch. */
    assertNotLastAdmin: (id: string): Statement =>
      database
        .update(users)
        .set({ role: sql`case when exists (select 1 from users as other where other.role = 'admin' and other.id <> ${id}) then role end` })
        .where(and(eq(users.id, id), eq(users.role, "admin"))),
    otherAdmins: async (id: string) =>
      (
        await database
          .select({ n: count() })
          .from(users)
          .where(and(eq(users.role, "admin"), ne(users.id, id)))
      )[0]!.n,

    milestone: (name: string) => first(database.select().from(milestones).where(eq(milestones.name, name))),
    /** Fails where it has been reached. */
    reach: (name: string, value: string, at: number): Statement => database.insert(milestones).values({ name, value, at }),
    replaceMilestone: (name: string, value: string, at: number) =>
      database.insert(milestones).values({ name, value, at }).onConflictDoUpdate({ target: milestones.name, set: { value, at } }),
    dropMilestone: (name: string): Statement => database.delete(milestones).where(eq(milestones.name, name)),

    tokensOf: (userId: string) => database.select().from(tokens).where(eq(tokens.userId, userId)).orderBy(asc(tokens.createdAt)),
    /** A token, and whose it is. */
    tokenAndUser: (hash: string) => first<{ token: Token; user: User }>(tokenAndUser.all({ hash })),
    tokenById: (id: string) => first<Token>(database.select().from(tokens).where(eq(tokens.id, id))),
    insertToken: (token: Token): Statement => database.insert(tokens).values(token),
    tokenUsed: (id: string, at: number) => database.update(tokens).set({ usedAt: at }).where(eq(tokens.id, id)),
    removeTokens: (userId: string): Statement => database.delete(tokens).where(eq(tokens.userId, userId)),
    removeToken: (userId: string, id: string) =>
      database
        .delete(tokens)
        .where(and(eq(tokens.id, id), eq(tokens.userId, userId)))
        .returning({ name: tokens.name }),

    attempts: async (key: string, window: number) =>
      (
        await first(
          database
            .select()
            .from(attempts)
            .where(and(eq(attempts.key, key), eq(attempts.window, window))),
        )
      )?.count ?? 0,
    attempt: (key: string, window: number): Statement =>
      database
        .insert(attempts)
        .values({ key, window, count: 1 })
        .onConflictDoUpdate({
          target: [attempts.key, attempts.window],
          set: { count: sql`${attempts.count} + 1` },
        }),
    takeBack: (key: string, window: number): Statement =>
      database
        .update(attempts)
        .set({ count: sql`${attempts.count} - 1` })
        .where(and(eq(attempts.key, key), eq(attempts.window, window))),
    forgive: (key: string): Statement => database.delete(attempts).where(eq(attempts.key, key)),
    removeOldAttempts: (before: number) => database.delete(attempts).where(lt(attempts.window, before)),

    all: (statements: [Statement, ...Statement[]]) => database.batch(statements),
  };
}

export function sessionRows(database: Database, now: () => number): SessionRows {
  const byId = database
    .select()
    .from(sessions)
    .where(and(eq(sessions.id, sql.placeholder("id")), gt(sessions.expiresAt, sql.placeholder("now"))))
    .prepare();
  return {
    find: async (id) => (await byId.all({ id, now: now() })).at(0),
    insert: (row) => database.insert(sessions).values(row),
    extend: (id, expiresAt) => database.update(sessions).set({ expiresAt }).where(eq(sessions.id, id)),
    remove: (id) => database.delete(sessions).where(eq(sessions.id, id)),
    removeOfUser: (userId) => database.delete(sessions).where(eq(sessions.userId, userId)),
    removeExpired: () => database.delete(sessions).where(lt(sessions.expiresAt, now())),
  };
}
