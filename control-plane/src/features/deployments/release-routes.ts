import { Hono } from "hono";
import { z } from "zod";
import { DeploymentView } from "@appos/shared/deployments";
import { IdempotencyKey, page, PageQuery } from "@appos/shared/envelope";
import { ReleaseView, RollBack } from "@appos/shared/releases";
import { allow, type AppEnv } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

const RolledBack = z.object({ deployment: DeploymentView });

/** Below `/apps`. */
export const releaseRoutes = ({ deployments }: Services) =>
  new Hono<AppEnv>()
    .get(
      "/:id/releases",
      allow("deployments", "read", { summary: "Releases of an app that were live once, newest first", data: page(ReleaseView) }),
      valid("query", PageQuery),
      async (c) => ok(c, await deployments.releases(c.req.param("id"), c.req.valid("query"))),
    )
    .post(
      "/:id/rollback",
      allow("apps", "manage", { summary: "Go back to an earlier release, or put right what runs", data: RolledBack, status: 202 }),
      valid("header", IdempotencyKey),
      valid("json", RollBack),
      async (c) => {
        const key = c.req.valid("header")["idempotency-key"];
        return ok(c, { deployment: await deployments.rollBack(c.req.param("id"), c.req.valid("json"), actorOf(c), key) }, 202);
      },
    );
