import { Hono } from "hono";
import type { Context } from "hono";
import { z } from "zod";
import { ChangePassword, ChangeUser, Login, Me, NewToken, NewUser, Setup, SetupState, TokenView, UserView } from "@appos/shared/auth";
import { page } from "@appos/shared/envelope";
import { allow, allowAnyone, allowSignedIn, type AppEnv, callerOf } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { ok, whole } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

/** Signs a user in on this browser. */
async function signIn(c: Context<AppEnv>, { auth, system }: Services, user: Me) {
  const id = await auth.startSession(user.id);
  c.header("set-cookie", auth.sessionCookie(id, system.isSecure(c.req.url)));
  return ok(c, user);
}

export const setupRoutes = (services: Services) =>
  new Hono<AppEnv>()
    .get("/", allowAnyone({ summary: "Whether AppOS still needs its administrator", data: SetupState }), async (c) =>
      ok(c, { needed: await services.auth.setupNeeded() }),
    )
    .post(
      "/",
      allowAnyone({ summary: "Make the administrator, with the one-time link's token", data: Me }),
      valid("json", Setup),
      async (c) => signIn(c, services, await services.auth.setup(c.req.valid("json"), c.get("address"))),
    );

export const authRoutes = (services: Services) =>
  new Hono<AppEnv>()
    .post("/login", allowAnyone({ summary: "Sign in", data: Me }), valid("json", Login), async (c) =>
      signIn(c, services, await services.auth.login(c.req.valid("json"), c.get("address"))),
    )
    .post("/logout", allowSignedIn({ summary: "End this session" }), async (c) => {
      const { session } = callerOf(c);
      if (session) await services.auth.endSession(session.id);
      c.header("set-cookie", services.auth.sessionCookie(undefined, services.system.isSecure(c.req.url)));
      return ok(c, null);
    })
    .get("/me", allowSignedIn({ summary: "Who is signed in", data: Me }), (c) => {
      const { userId, email, name, role, projects, session } = callerOf(c);
      if (session?.extended) c.header("set-cookie", services.auth.sessionCookie(session.id, services.system.isSecure(c.req.url)));
      return ok(c, { id: userId, email, name, role, projects });
    })
    .put(
      "/password",
      allowSignedIn({ summary: "Change your password; your other sessions end" }),
      valid("json", ChangePassword),
      async (c) => {
        await services.auth.changePassword(c.req.valid("json"), callerOf(c), actorOf(c));
        return ok(c, null);
      },
    );

const Issued = z.object({ token: TokenView, secret: z.string() });

export const tokenRoutes = ({ auth }: Services) =>
  new Hono<AppEnv>()
    .get("/", allowSignedIn({ summary: "Your tokens", data: page(TokenView) }), async (c) => ok(c, whole(await auth.tokens(callerOf(c)))))
    .post(
      "/",
      allowSignedIn({ summary: "Issue a token; its secret is shown once", data: Issued, status: 201 }),
      valid("json", NewToken),
      async (c) => ok(c, await auth.issueToken(c.req.valid("json"), callerOf(c), actorOf(c)), 201),
    )
    .delete("/:id", allowSignedIn({ summary: "Revoke a token" }), async (c) => {
      await auth.revokeToken(c.req.param("id"), callerOf(c), actorOf(c));
      return ok(c, null);
    });

export const userRoutes = ({ auth, terminals }: Services) =>
  new Hono<AppEnv>()
    .get("/", allow("users", "manage", { summary: "Everyone with an account", data: page(UserView) }), async (c) =>
      ok(c, whole(await auth.users())),
    )
    .post("/", allow("users", "manage", { summary: "Add a user", data: UserView, status: 201 }), valid("json", NewUser), async (c) =>
      ok(c, await auth.addUser(c.req.valid("json"), actorOf(c)), 201),
    )
    .patch(
      "/:id",
      allow("users", "manage", { summary: "Change a user's name, role or password", data: UserView }),
      valid("json", ChangeUser),
      async (c) => {
        const user = await auth.changeUser(c.req.param("id"), c.req.valid("json"), callerOf(c), actorOf(c));
        await terminals.endDisallowed();
        return ok(c, user);
      },
    )
    .delete("/:id", allow("users", "manage", { summary: "Remove a user" }), async (c) => {
      await auth.removeUser(c.req.param("id"), callerOf(c), actorOf(c));
      await terminals.endDisallowed();
      return ok(c, null);
    });
