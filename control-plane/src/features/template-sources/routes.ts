import { Hono } from "hono";
import { page, PageQuery } from "@appos/shared/envelope";
import { ChangeTemplateSource, ImportReportItem, NewTemplateSource, ReportQuery, TemplateSourceView } from "@appos/shared/template-sources";
import { type AppEnv, allow } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { ok, whole } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

const manage = (summary: string, status: 200 | 201 | 202 = 200) =>
  allow("sources", "manage", { summary, data: TemplateSourceView, status });

export const templateSourceRoutes = ({ templateSources }: Services) =>
  new Hono<AppEnv>()
    .get("/", allow("sources", "read", { summary: "Template sources", data: page(TemplateSourceView) }), async (c) =>
      ok(c, whole(await templateSources.list())),
    )
    .post("/", manage("Add a template source; it is read at once", 202), valid("json", NewTemplateSource), async (c) =>
      ok(c, await templateSources.add(c.req.valid("json"), actorOf(c)), 202),
    )
    .get("/:id", allow("sources", "read", { summary: "One template source", data: TemplateSourceView }), async (c) =>
      ok(c, await templateSources.get(c.req.param("id"))),
    )
    .get(
      "/:id/report",
      allow("sources", "read", { summary: "What was left out of a source's templates, and what is risky", data: page(ImportReportItem) }),
      valid("query", ReportQuery.extend(PageQuery.shape)),
      async (c) => ok(c, await templateSources.report(c.req.param("id"), c.req.valid("query"), c.req.valid("query"))),
    )
    .patch("/:id", manage("Rename a template source, or change its schedule"), valid("json", ChangeTemplateSource), async (c) =>
      ok(c, await templateSources.change(c.req.param("id"), c.req.valid("json"), actorOf(c))),
    )
    .post("/:id/refresh", manage("Read a template source anew", 202), async (c) =>
      ok(c, await templateSources.refresh(c.req.param("id"), actorOf(c)), 202),
    )
    .delete("/:id", allow("sources", "manage", { summary: "Remove a template source; apps made from it stay" }), async (c) => {
      await templateSources.remove(c.req.param("id"), actorOf(c));
      return ok(c, null);
    });

export const templateRefreshRoutes = ({ templateSources }: Services) =>
  new Hono<AppEnv>().post(
    "/refresh",
    allow("sources", "manage", { summary: "Read all template sources anew", data: page(TemplateSourceView), status: 202 }),
    async (c) => ok(c, whole(await templateSources.refreshAll(actorOf(c))), 202),
  );
