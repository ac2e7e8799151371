import { Hono } from "hono";
import { page, PageQuery } from "@appos/shared/envelope";
import { ChangeProject, NewProject, ProjectView } from "@appos/shared/projects";
import { allow, type AppEnv, callerOf } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { limitedTo } from "../auth/roles.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

export const projectRoutes = ({ projects }: Services) =>
  new Hono<AppEnv>()
    .get(
      "/",
      allow("projects", "read", { summary: "All projects", data: page(ProjectView), narrows: true }),
      valid("query", PageQuery),
      async (c) => ok(c, await projects.list(c.req.valid("query"), limitedTo(callerOf(c)))),
    )
    .post(
      "/",
      allow("projects", "manage", { summary: "Add a project", data: ProjectView, status: 201 }),
      valid("json", NewProject),
      async (c) => ok(c, await projects.add(c.req.valid("json"), actorOf(c)), 201),
    )
    .get("/:id", allow("projects", "read", { summary: "One project, by id or name", data: ProjectView }), async (c) =>
      ok(c, await projects.view(c.req.param("id"))),
    )
    .patch(
      "/:id",
      allow("projects", "manage", { summary: "Change a project", data: ProjectView }),
      valid("json", ChangeProject),
      async (c) => ok(c, await projects.change(c.req.param("id"), c.req.valid("json"), actorOf(c))),
    )
    .delete("/:id", allow("projects", "manage", { summary: "Remove a project that has no apps" }), async (c) => {
      await projects.remove(c.req.param("id"), actorOf(c));
      return ok(c, null);
    });
