import { Hono } from "hono";
import { z } from "zod";
import { AdoptProject, FoundProjectView, LeaveProject } from "@appos/shared/adoption";
import { AppView } from "@appos/shared/apps";
import { DeploymentView } from "@appos/shared/deployments";
import { IdempotencyKey } from "@appos/shared/envelope";
import { allow, type AppEnv } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

const Found = z.object({ items: z.array(FoundProjectView) });
const Adopted = z.object({ app: AppView, deployment: DeploymentView, notes: z.array(z.string()) });

/** Below `/servers`. */
export const adoptionRoutes = ({ adoption }: Services) =>
  new Hono<AppEnv>()
    .get(
      "/:id/projects",
      allow("servers", "survey", { summary: "Compose projects that run on a server and are no apps", data: Found }),
      async (c) => ok(c, { items: await adoption.list(c.req.param("id")) }),
    )
    .post(
      "/:id/projects/:project/adopt",
      allow("servers", "manage", { summary: "Take a compose project over as an app, as it runs", data: Adopted, status: 202 }),
      valid("header", IdempotencyKey),
      valid("json", AdoptProject),
      async (c) => {
        const { id: server, project } = c.req.param();
        const key = c.req.valid("header")["idempotency-key"];
        return ok(c, await adoption.adopt({ server, project, ...c.req.valid("json") }, actorOf(c), key), 202);
      },
    )
    .put(
      "/:id/projects/:project",
      allow("servers", "manage", { summary: "Leave a compose project alone, or no longer", data: LeaveProject }),
      valid("json", LeaveProject),
      async (c) => {
        const { leftAlone } = c.req.valid("json");
        await adoption.leave(c.req.param("id"), c.req.param("project"), leftAlone, actorOf(c));
        return ok(c, { leftAlone });
      },
    );
