import { Hono } from "hono";
import { AskNewPlan, AskPlan, PlanView } from "@appos/shared/plan";
import { allow, type AppEnv } from "../../access.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

/** Nothing is changed; but what is asked may be anything that could be deployed, so it is for those who may deploy it. */
export const planRoutes = ({ plans }: Services) =>
  new Hono<AppEnv>()
    .post(
      "/plan",
      allow("apps", "manage", { summary: "What creating an app would do", data: PlanView }),
      valid("json", AskNewPlan),
      async (c) => ok(c, await plans.ofNew(c.req.valid("json"))),
    )
    .post(
      "/:id/plan",
      allow("apps", "manage", { summary: "What a deployment would do, and what is dangerous about it", data: PlanView }),
      valid("json", AskPlan),
      async (c) => ok(c, await plans.of(c.req.param("id"), c.req.valid("json"))),
    );
