import { Hono } from "hono";
import { ActivityView } from "@appos/shared/activity";
import { page, PageQuery } from "@appos/shared/envelope";
import { allow, type AppEnv } from "../../access.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

export const activityRoutes = ({ activity }: Services) =>
  new Hono<AppEnv>().get(
    "/",
    allow("activity", "read", { summary: "Who did what, newest first", data: page(ActivityView) }),
    valid("query", PageQuery),
    async (c) => ok(c, await activity.list(c.req.valid("query"))),
  );
