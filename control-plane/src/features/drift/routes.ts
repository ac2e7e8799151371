import { Hono } from "hono";
import { z } from "zod";
import { DeploymentView } from "@appos/shared/deployments";
import { AdoptDrift } from "@appos/shared/drift";
import { IdempotencyKey } from "@appos/shared/envelope";
import { allow, type AppEnv } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

const Deployed = z.object({ deployment: DeploymentView });

/** Below `/apps`. */
export const driftRoutes = ({ drift }: Services) =>
  new Hono<AppEnv>().post(
    "/:id/drift/adopt",
    allow("apps", "manage", { summary: "Save what runs as a new version, and deploy it", data: Deployed, status: 202 }),
    valid("header", IdempotencyKey),
    valid("json", AdoptDrift),
    async (c) => {
      const key = c.req.valid("header")["idempotency-key"];
      return ok(c, { deployment: await drift.adopt(c.req.param("id"), c.req.valid("json"), actorOf(c), key) }, 202);
    },
  );
