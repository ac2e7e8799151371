import { Hono } from "hono";
import { z } from "zod";
import { page, PageQuery } from "@appos/shared/envelope";
import { Enroll, Enrolled, Enrollment, NewServer, ServerView, TimelineView } from "@appos/shared/servers";
import { allow, allowAnyone, type AppEnv, callerOf } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { limitedTo } from "../auth/roles.ts";
import type { Caller } from "../auth/service.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

/** Of those from whom a server takes orders, who does not see everything learns whether they are one. */
function shownTo(caller: Caller, { facts, ...server }: ServerView): ServerView {
  const only = limitedTo(caller) && facts?.policy?.users.only;
  if (!only || !facts?.policy) return { ...server, facts };
  return { ...server, facts: { ...facts, policy: { ...facts.policy, users: { only: only.filter((user) => user === caller.email) } } } };
}

const Added = z.object({ server: ServerView, enrollment: Enrollment });

export const serverRoutes = ({ servers, system }: Services) =>
  new Hono<AppEnv>()
    .get(
      "/",
      allow("servers", "read", { summary: "All servers", data: page(ServerView), narrows: true }),
      valid("query", PageQuery),
      async (c) => {
        const { items, ...more } = await servers.list(c.req.valid("query"), limitedTo(callerOf(c)));
        return ok(c, { ...more, items: items.map((server) => shownTo(callerOf(c), server)) });
      },
    )
    .post("/", allow("servers", "manage", { summary: "Add a server", data: Added, status: 201 }), valid("json", NewServer), async (c) =>
      ok(c, await servers.add(c.req.valid("json"), await system.publicUrl(c.req.url), actorOf(c)), 201),
    )
    .get("/:id", allow("servers", "read", { summary: "One server, by id or name", data: ServerView }), async (c) =>
      ok(c, shownTo(callerOf(c), await servers.view(c.req.param("id"), limitedTo(callerOf(c))))),
    )
    .get(
      "/:id/timeline",
      allow("servers", "read", { summary: "What became of a server's link, newest first", data: page(TimelineView) }),
      valid("query", PageQuery),
      async (c) => ok(c, await servers.timeline(c.req.param("id"), c.req.valid("query"))),
    )
    .patch("/:id", allow("servers", "manage", { summary: "Rename a server", data: ServerView }), valid("json", NewServer), async (c) =>
      ok(c, await servers.rename(c.req.param("id"), c.req.valid("json"), actorOf(c))),
    )
    .delete("/:id", allow("servers", "manage", { summary: "Remove a server that has no apps" }), async (c) => {
      await servers.remove(c.req.param("id"), actorOf(c));
      return ok(c, null);
    })
    .post("/:id/enrollment", allow("servers", "manage", { summary: "A new enrollment token", data: Enrollment, status: 201 }), async (c) =>
      ok(c, await servers.enrollAgain(c.req.param("id"), await system.publicUrl(c.req.url), actorOf(c)), 201),
    );

/** What an agent asks before it has a link. The token is its only credential. */
export const enrollRoutes = ({ servers }: Services) =>
  new Hono<AppEnv>().post(
    "/enroll",
    allowAnyone({ summary: "Redeem an enrollment token", data: Enrolled }),
    valid("json", Enroll),
    async (c) => ok(c, await servers.enroll(c.req.valid("json"), c.get("address"))),
  );
