import { Hono } from "hono";
import { z } from "zod";
import { page, PageQuery } from "@appos/shared/envelope";
import { Entry, JobView } from "@appos/shared/jobs";
import { allow, type AppEnv, callerOf } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { limitedTo } from "../auth/roles.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

const After = z.object({ after: z.coerce.number().int().nonnegative().default(0) });
const Entries = z.object({ items: z.array(Entry) });

export const jobRoutes = ({ jobs }: Services) =>
  new Hono<AppEnv>()
    .get(
      "/",
      allow("jobs", "read", { summary: "All jobs, newest first", data: page(JobView), narrows: true }),
      valid("query", PageQuery),
      async (c) => ok(c, await jobs.list(c.req.valid("query"), limitedTo(callerOf(c)))),
    )
    .get("/:id", allow("jobs", "read", { summary: "One job", data: JobView }), async (c) =>
      ok(c, await jobs.view(await jobs.get(c.req.param("id")))),
    )
    .get("/:id/entries", allow("jobs", "read", { summary: "What a job said", data: Entries }), valid("query", After), async (c) =>
      ok(c, { items: await jobs.entries(c.req.param("id"), c.req.valid("query").after) }),
    )
    .post("/:id/cancel", allow("jobs", "manage", { summary: "Cancel a job", data: JobView, status: 202 }), async (c) =>
      ok(c, await jobs.view(await jobs.cancel(c.req.param("id"), actorOf(c))), 202),
    );
