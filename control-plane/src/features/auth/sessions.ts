import { type Adapter, Lucia, TimeSpan } from "lucia";
import { sha256 } from "../../bytes.ts";

/**
 * The one file that knows Lucia (docs/decisions/0003-sessions.md says how it would be replaced).
 * The browser holds a session's id; only its SHA-256 is stored.
 */
export interface SessionRows {
  find(hash: string): Promise<{ userId: string; expiresAt: number } | undefined>;
  insert(row: { id: string; userId: string; expiresAt: number }): Promise<unknown>;
  extend(hash: string, expiresAt: number): Promise<unknown>;
  remove(hash: string): Promise<unknown>;
  removeOfUser(userId: string): Promise<unknown>;
  removeExpired(): Promise<unknown>;
}

export const SESSION_COOKIE = "appos_session";

export function sessions(rows: SessionRows) {
  const lucia = new Lucia(hashing(rows), { sessionExpiresIn: new TimeSpan(14, "d"), sessionCookie: { name: SESSION_COOKIE } });
  return {
    /** Begins a session; what comes back is what the browser keeps. */
    start: async (userId: string) => (await lucia.createSession(userId, {})).id,
    /** Whose session it is, and whether it was just extended. */
    async check(id: string): Promise<{ userId: string; extended: boolean } | undefined> {
      const { session } = await lucia.validateSession(id);
      return session ? { userId: session.userId, extended: session.fresh } : undefined;
    },
    end: (id: string) => lucia.invalidateSession(id),
    endAll: (userId: string) => lucia.invalidateUserSessions(userId),
    removeExpired: () => lucia.deleteExpiredSessions(),
    /** `Set-Cookie` for a session, or for none. */
    cookie(id: string | undefined, secure: boolean): string {
      const cookie = id === undefined ? lucia.createBlankSessionCookie() : lucia.createSessionCookie(id);
      cookie.attributes.secure = secure;
      return cookie.serialize();
    },
  };
}

function hashing(rows: SessionRows): Adapter {
  return {
    async getSessionAndUser(id) {
      const row = await rows.find(sha256(id));
      if (!row) return [null, null];
      return [
        { id, userId: row.userId, expiresAt: new Date(row.expiresAt), attributes: {} },
        { id: row.userId, attributes: {} },
      ];
    },
    getUserSessions: async () => [],
    async setSession({ id, userId, expiresAt }) {
      await rows.insert({ id: sha256(id), userId, expiresAt: expiresAt.getTime() });
    },
    async updateSessionExpiration(id, expiresAt) {
      await rows.extend(sha256(id), expiresAt.getTime());
    },
    async deleteSession(id) {
      await rows.remove(sha256(id));
    },
    async deleteUserSessions(userId) {
      await rows.removeOfUser(userId);
    },
    async deleteExpiredSessions() {
      await rows.removeExpired();
    },
  };
}
