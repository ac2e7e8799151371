import { Hono } from "hono";
import { z } from "zod";
import { DeploymentQuery, DeploymentView } from "@appos/shared/deployments";
import { page, PageQuery } from "@appos/shared/envelope";
import { Entry } from "@appos/shared/jobs";
import { allow, type AppEnv, callerOf } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { limitedTo } from "../auth/roles.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { eventStream, lastEventId } from "../../sse.ts";
import { valid } from "../../valid.ts";
import { deploymentStory } from "./story.ts";

const After = z.object({ after: z.coerce.number().int().nonnegative().default(0) });

export const deploymentRoutes = (services: Services) =>
  new Hono<AppEnv>()
    .get(
      "/",
      allow("deployments", "read", { summary: "Deployments, newest first", data: page(DeploymentView), narrows: true }),
      valid("query", PageQuery.extend(DeploymentQuery.shape)),
      async (c) => {
        const { appId, ...page } = c.req.valid("query");
        return ok(c, await services.deployments.list(page, appId, limitedTo(callerOf(c))));
      },
    )
    .get("/:id", allow("deployments", "read", { summary: "One deployment", data: DeploymentView }), async (c) =>
      ok(c, await services.deployments.get(c.req.param("id"))),
    )
    .get(
      "/:id/logs",
      allow("deployments", "read", {
        summary: "What a deployment said; live with Accept: text/event-stream",
        data: z.object({ items: z.array(Entry) }),
      }),
      valid("query", After),
      async (c) => {
        const { jobId } = await services.deployments.get(c.req.param("id"));
        const after = lastEventId(c) ?? c.req.valid("query").after;
        if (c.req.header("accept")?.includes("text/event-stream")) {
          return eventStream(c, (out) => deploymentStory(services, c.req.param("id"), after, out));
        }
        return ok(c, { items: await services.jobs.entries(jobId, after) });
      },
    )
    .post("/:id/cancel", allow("deployments", "manage", { summary: "Cancel a deployment", data: DeploymentView, status: 202 }), async (c) =>
      ok(c, await services.deployments.cancel(c.req.param("id"), actorOf(c)), 202),
    );
