import { Hono } from "hono";
import { AskNewPlan, AskPlan, PlanView } from "@appos/shared/plan";
import { allow, type AppEnv, callerOf } from "../../access.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";
import { askingOf } from "../domains/asking.ts";
import { mayAdd, mayRefer, mayRun } from "../apps/may.ts";

/** Nothing is changed; but what is asked may be anything that could be deployed, so it is for those who may deploy it. */
export const planRoutes = (services: Services) => {
  const { plans } = services;
  return new Hono<AppEnv>()
    .post(
      "/plan",
      allow("apps", "manage", { summary: "What creating an app would do", data: PlanView, narrows: true }),
      valid("json", AskNewPlan),
      async (c) => {
        const asked = c.req.valid("json");
        await mayAdd(services, callerOf(c), asked);
        return ok(c, await plans.ofNew(asked, askingOf(services, c)));
      },
    )
    .post(
      "/:id/plan",
      allow("apps", "manage", { summary: "What a deployment would do, and what is dangerous about it", data: PlanView }),
      valid("json", AskPlan),
      async (c) => {
        const asked = c.req.valid("json");
        await mayRefer(services, callerOf(c), asked.env, c.req.param("id"));
        await mayRun(services, callerOf(c), c.req.param("id"), asked.version);
        return ok(c, await plans.of(c.req.param("id"), asked));
      },
    );
};
