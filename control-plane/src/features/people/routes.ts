import { Hono } from "hono";
import { page } from "@appos/shared/envelope";
import { PersonView, SavePerson } from "@appos/shared/projects";
import { allow, type AppEnv } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { ok, whole } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

/** Below `/projects`. */
export const peopleRoutes = ({ people, terminals }: Services) =>
  new Hono<AppEnv>()
    .get("/:id/people", allow("projects", "read", { summary: "Who is in a project", data: page(PersonView) }), async (c) =>
      ok(c, whole(await people.of(c.req.param("id")))),
    )
    .put(
      "/:id/people/:userId",
      allow("projects", "manage", { summary: "Put somebody into a project, or change their role in it", data: PersonView }),
      valid("json", SavePerson),
      async (c) => {
        const saved = await people.save(c.req.param("id"), c.req.param("userId"), c.req.valid("json").role, actorOf(c));
        await terminals.endDisallowed();
        return ok(c, saved);
      },
    )
    .delete("/:id/people/:userId", allow("projects", "manage", { summary: "Take somebody out of a project" }), async (c) => {
      await people.remove(c.req.param("id"), c.req.param("userId"), actorOf(c));
      await terminals.endDisallowed();
      return ok(c, null);
    });
