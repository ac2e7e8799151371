import type { ChangePassword, ChangeUser, Login, Me, NewToken, NewUser, Role, Setup, TokenView, UserView } from "@appos/shared/auth";
import { randomText, sha256 } from "../../bytes.ts";
import { AppError, notFound } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Ports, Statement } from "../../ports.ts";
import type { Act, ActivityService, Actor } from "../activity/service.ts";
import { minutesToWait, WINDOW_MS, windowOf } from "./login-limits.ts";
import { hashPassword, passwordFits, passwordWeakness } from "./password.ts";
import type { Token, User } from "./schema.ts";
import { sessions } from "./sessions.ts";
import { SETUP, SETUP_LINK, setupLinks } from "./setup-links.ts";
import { authStore, sessionRows } from "./store.ts";

/** Somebody who is signed in, by a browser's session or by a token. */
export interface Caller {
  userId: string;
  email: string;
  name: string;
  role: Role;
  /** The projects they are in; of an administrator none, who needs none. */
  projects: Me["projects"];
  /** What shows who it is, as it may be kept: `session:` and its SHA-256, or `token:` and its id. */
  credential: string;
  session?: { id: string; extended: boolean };
}
export type AuthService = ReturnType<typeof authService>;

/** What is needed to know of projects, which come after users. */
export interface UsersInProjects {
  ofUser(userId: string): Promise<Me["projects"]>;
}

const TOKEN_PREFIX = "appos_";

export function authService({ database, clock, keys, events }: Ports, activity: ActivityService, inProjects: () => UsersInProjects) {
  const store = authStore(database);
  const links = setupLinks({ database, clock });
  const rows = sessionRows(database, clock.now);
  const live = sessions(rows);
  const viewOf = ({ id, email, name, role }: User): UserView => ({ id, email, name, role });
  const changed = (id: string) => events.publish({ type: "user.changed", id });
  const find = async (id: string) => (await store.userById(id)) ?? notFound("user");

  /** What a user may have to do with: as a whole, or by a token that only reads. */
  async function standing({ id, role }: User, readsOnly = false): Promise<Pick<Caller, "role" | "projects">> {
    if (role === "admin") return { role: readsOnly ? "viewer" : role, projects: [] };
    const projects = await inProjects().ofUser(id);
    return { role, projects: readsOnly ? projects.map((project) => ({ ...project, role: "viewer" as const })) : projects };
  }
  const me = async (user: User): Promise<Me> => ({ ...viewOf(user), projects: (await standing(user)).projects });
  const tokenStanding = (user: User, token: Token) => standing(user, user.role !== "admin" || token.role !== "admin");

  async function newUser({ email, name, password, role }: NewUser): Promise<User> {
    assertStrong(password, [email, name]);
    return { id: newId("usr", clock), email, name, role, passwordHash: await hashPassword(keys, password), createdAt: clock.now() };
  }

  /** Makes the administrator; exactly one of those who try at once succeeds, and never again. */
  async function firstUser(asked: Omit<NewUser, "role">, address: string): Promise<Me> {
    const user = await newUser({ ...asked, role: "admin" });
    const act = { actor: { name: user.email, address }, action: "setup", subject: user.email };
    try {
      await activity.write(act, [store.reach(SETUP, user.id, clock.now()), store.dropMilestone(SETUP_LINK), store.insertUser(user)]);
    } catch (error) {
      if (await store.milestone(SETUP)) throw new AppError("SETUP_DONE", "AppOS has its administrator already. Sign in instead.");
      throw error;
    }
    return me(user);
  }

  async function countAttempt(email: string, address: string) {
    const [now, window] = [clock.now(), windowOf(clock.now())];
    const [account, from] = [`account:${sha256(email)}`, `address:${address}`];
    await store.all([store.attempt(account, window), store.attempt(from, window)]);
    const tries = async (key: string) => ({ now: await store.attempts(key, window), before: await store.attempts(key, window - 1) });
    const minutes = minutesToWait({ account: await tries(account), address: await tries(from) }, now);
    if (minutes > 0) {
      const when = minutes === 1 ? "a minute" : `${minutes} minutes`;
      throw new AppError("TOO_MANY_ATTEMPTS", `Too many log-ins have failed. Try again in ${when}.`, { minutes });
    }
    return () => store.all([store.forgive(account), store.takeBack(from, window)]);
  }

  /** Asks once more who it is that calls, as a log-in does and with its limits. */
  async function confirm({ userId, email }: Pick<Caller, "userId" | "email">, password: string, address: string, path = "password") {
    const forgive = await countAttempt(email, address);
    const user = await store.userById(userId);
    const message = "This is not your password.";
    if (!(await passwordFits(keys, password, user?.passwordHash))) throw new AppError("INVALID_CREDENTIALS", message, [{ path, message }]);
    await forgive();
  }

  /** Two administrators may take the role from each other at the same moment: one of them keeps it. */
  async function keepingAnAdmin({ id, email }: User, act: Act, statements: Statement[]) {
    try {
      await activity.write(act, [store.assertNotLastAdmin(id), ...statements]);
    } catch (error) {
      if ((await store.userById(id))?.role !== "admin" || (await store.otherAdmins(id)) > 0) throw error;
      throw new AppError("CONFLICT", `${email} is the only administrator. Make somebody else one first.`);
    }
  }

  return {
    setupNeeded: links.needed,
    setupToken: links.token,

    async setup({ token, ...asked }: Setup, address: string): Promise<Me> {
      if (await store.milestone(SETUP)) throw new AppError("SETUP_DONE", "AppOS has its administrator already. Sign in instead.");
      const link = await store.milestone(SETUP_LINK);
      if (!link || link.value !== sha256(token)) {
        throw new AppError(
          "INVALID_SETUP_TOKEN",
          "This set-up link is not valid. The newest one was printed when AppOS was started or deployed. On Node it also stands in the file setup-url in its data folder; on Workers, npm run admin -- setup-link prints another.",
        );
      }
      return firstUser(asked, address);
    },

    /** The administrator named by the environment, made at the first start. */
    setupFromEnvironment: (asked: Omit<NewUser, "role">) => firstUser(asked, "environment"),

    async login({ email, password }: Login, address: string): Promise<Me> {
      const forgive = await countAttempt(email, address);
      const user = await store.userByEmail(email);
      if (!(await passwordFits(keys, password, user?.passwordHash)) || !user) {
        throw new AppError("INVALID_CREDENTIALS", "E-mail address or password is wrong.");
      }
      await forgive();
      await activity.write({ actor: { name: user.email, address }, action: "sign-in", subject: user.email }, []);
      return me(user);
    },

    confirm,

    /** A new session for a user who has just shown who they are. */
    startSession: (userId: string) => live.start(userId),
    endSession: (id: string) => live.end(id),
    sessionCookie: live.cookie,

    async bySession(id: string): Promise<Caller | undefined> {
      const session = await live.check(id);
      const user = session && (await store.userById(session.userId));
      return (
        user && {
          userId: user.id,
          email: user.email,
          name: user.name,
          ...(await standing(user)),
          credential: `session:${sha256(id)}`,
          session: { id, extended: session.extended },
        }
      );
    },

    /** Whom a credential still lets in, if anyone; and whether its user may sign in again. */
    async byCredential(credential: string, userId: string): Promise<{ caller: Omit<Caller, "session"> | undefined; userExists: boolean }> {
      const [kind, id = ""] = credential.split(/:(.*)/s);
      const session = kind === "session" ? await rows.find(id) : undefined;
      const token = kind === "token" ? await store.tokenById(id) : undefined;
      const user = await store.userById(userId);
      if (!user || (session ?? token)?.userId !== userId) return { caller: undefined, userExists: user !== undefined };
      const held = token ? await tokenStanding(user, token) : await standing(user);
      return { caller: { userId, email: user.email, name: user.name, ...held, credential }, userExists: true };
    },

    /** A token never may more than the user it belongs to. */
    async byToken(secret: string): Promise<Caller | undefined> {
      const found = secret.startsWith(TOKEN_PREFIX) ? await store.tokenAndUser(sha256(secret)) : undefined;
      if (!found) return undefined;
      const { token, user } = found;
      if (clock.now() - (token.usedAt ?? 0) > 60_000) await store.tokenUsed(token.id, clock.now());
      return {
        userId: user.id,
        email: user.email,
        name: user.name,
        ...(await tokenStanding(user, token)),
        credential: `token:${token.id}`,
      };
    },

    tokens: async ({ userId }: Caller) => (await store.tokensOf(userId)).map(tokenView),

    async issueToken({ name, role }: NewToken, caller: Caller, actor: Actor): Promise<{ token: TokenView; secret: string }> {
      ownsTokens(caller);
      if (role === "admin" && caller.role !== "admin") throw new AppError("FORBIDDEN", "A token cannot do more than you can.");
      const secret = `${TOKEN_PREFIX}${randomText(32)}`;
      const token: Token = {
        id: newId("tok", clock),
        userId: caller.userId,
        name,
        role,
        hash: sha256(secret),
        createdAt: clock.now(),
        usedAt: null,
      };
      await activity.write({ actor, action: "issue-token", subject: name }, [store.insertToken(token)]);
      return { token: tokenView(token), secret };
    },

    async revokeToken(id: string, caller: Caller, actor: Actor) {
      ownsTokens(caller);
      const [gone] = await store.removeToken(caller.userId, id);
      if (!gone) notFound("token");
      await activity.write({ actor, action: "revoke-token", subject: gone.name }, []);
    },

    users: async () => (await store.users()).map(viewOf),
    user: async (id: string) => viewOf(await find(id)),
    /** What a user may, however they come; undefined for one who is none any more. */
    standingOf: async (id: string) => {
      const user = await store.userById(id);
      return user && standing(user);
    },

    async addUser(asked: NewUser, actor: Actor): Promise<UserView> {
      if (await store.userByEmail(asked.email)) throw new AppError("NAME_TAKEN", "There is an account with this e-mail address already.");
      const user = await newUser(asked);
      await activity.write({ actor, action: "add-user", subject: user.email }, [store.insertUser(user)]);
      changed(user.id);
      return viewOf(user);
    },

    /** Another name, role or password. A new password ends all their sessions and tokens. */
    async changeUser(id: string, { name, role, password }: ChangeUser, caller: Caller, actor: Actor): Promise<UserView> {
      const user = await find(id);
      if (role !== undefined && role !== user.role && id === caller.userId)
        throw new AppError("CONFLICT", "You cannot change your own role. Another administrator can.");
      if (password !== undefined) {
        // One's own opens secrets: whoever has but a session or a token of somebody must not make it known to themselves.
        if (!caller.session) throw new AppError("FORBIDDEN", "A token cannot set a password. Sign in to do so.");
        if (id === caller.userId)
          throw new AppError("FORBIDDEN", "Change your own password with PUT /auth/password, for the one you have.");
        assertStrong(password, [user.email, name ?? user.name]);
      }
      const given = {
        ...(name !== undefined && { name }),
        ...(role !== undefined && { role }),
        ...(password !== undefined && { passwordHash: await hashPassword(keys, password) }),
      };
      const act = { actor, action: "change-user", subject: user.email };
      const statements = [store.changeUser(id, given), ...(password === undefined ? [] : [store.endSessions(id), store.removeTokens(id)])];
      if (role !== undefined && role !== "admin") await keepingAnAdmin(user, act, statements);
      else if (Object.keys(given).length > 0) await activity.write(act, statements);
      changed(id);
      return viewOf(await find(id));
    },

    /** One's own password. Every other session of theirs ends. */
    async changePassword({ current, next }: ChangePassword, caller: Caller, actor: Actor) {
      if (!caller.session) throw new AppError("FORBIDDEN", "A token cannot change a password. Sign in to do so.");
      await confirm(caller, current, actor.address, "current");
      const user = await find(caller.userId);
      assertStrong(next, [user.email, user.name], "next");
      await activity.write({ actor, action: "change-password", subject: user.email }, [
        store.changeUser(user.id, { passwordHash: await hashPassword(keys, next) }),
        store.endSessions(user.id, sha256(caller.session.id)),
      ]);
    },

    async removeUser(id: string, caller: Caller, actor: Actor) {
      const user = await find(id);
      if (user.id === caller.userId) throw new AppError("CONFLICT", "You cannot remove yourself.");
      await keepingAnAdmin(user, { actor, action: "remove-user", subject: user.email }, [store.removeUser(id)]);
      changed(id);
    },

    /** Forgets what is over. Asked for once a minute. */
    async tidy() {
      await live.removeExpired();
      await store.removeOldAttempts(windowOf(clock.now() - WINDOW_MS));
    },
  };
}

function assertStrong(password: string, about: string[], path = "password") {
  const message = passwordWeakness(password, about);
  if (message) throw new AppError("WEAK_PASSWORD", message, [{ path, message }]);
}

/** A program that may only read must not make itself a successor, nor take others' tokens away. */
function ownsTokens({ session, role }: Caller) {
  if (!session && role !== "admin") throw new AppError("FORBIDDEN", "A token that may only read cannot make or revoke tokens.");
}

const tokenView = ({ id, name, role, createdAt, usedAt }: Token): TokenView => ({ id, name, role, createdAt, usedAt });
