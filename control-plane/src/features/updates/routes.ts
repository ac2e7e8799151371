import { Hono } from "hono";
import { z } from "zod";
import { AppView } from "@appos/shared/apps";
import { DeploymentView } from "@appos/shared/deployments";
import { IdempotencyKey } from "@appos/shared/envelope";
import { allow, type AppEnv } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";
import { StartUpdate } from "@appos/shared/updates";

const Deployed = z.object({ deployment: DeploymentView });

export const updateRoutes = ({ updates }: Services) =>
  new Hono<AppEnv>()
    .post(
      "/:id/updates/check",
      allow("apps", "manage", { summary: "Ask registries for newer images of what an app runs", data: AppView }),
      async (c) => ok(c, await updates.check(c.req.param("id"))),
    )
    .post(
      "/:id/updates",
      allow("apps", "manage", { summary: "Deploy what runs with the newer images behind its tags", data: Deployed, status: 202 }),
      valid("header", IdempotencyKey),
      valid("json", StartUpdate),
      async (c) => {
        const deployment = await updates.start(
          c.req.param("id"),
          c.req.valid("json"),
          actorOf(c),
          c.req.valid("header")["idempotency-key"],
        );
        return ok(c, { deployment }, 202);
      },
    );
