import { Hono } from "hono";
import { z } from "zod";
import { ConfigVersion } from "@appos/shared/configs";
import { page, PageQuery } from "@appos/shared/envelope";
import { TemplateUpdateView, UpdateFromTemplate } from "@appos/shared/template-updates";
import { Category, TemplateSummary, TemplateView } from "@appos/shared/templates";
import { allow, type AppEnv, callerOf } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { limitedTo } from "../auth/roles.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

const ListQuery = PageQuery.extend({ search: z.string().max(200).optional(), category: Category.optional() });
const ViewQuery = z.object({
  /** For which server free ports are suggested. */
  serverId: z.string().optional(),
  /** Where that server is reached, as whoever asks sees it. */
  host: z.string().max(253).optional(),
});

export const templateRoutes = ({ templates, apps }: Services) =>
  new Hono<AppEnv>()
    .get(
      "/",
      allow("templates", "read", {
        summary: "Apps ready to install: the catalog, then those of other sources",
        data: page(TemplateSummary),
      }),
      valid("query", ListQuery),
      async (c) => {
        const { search, category, ...page } = c.req.valid("query");
        return ok(c, await templates.list({ search, category }, page, limitedTo(callerOf(c))));
      },
    )
    .get(
      "/:id",
      allow("templates", "read", { summary: "One template: what it needs, asks for and exposes", data: TemplateView }),
      valid("query", ViewQuery),
      async (c) => {
        const within = limitedTo(callerOf(c));
        const { serverId, host } = c.req.valid("query");
        const shown = serverId !== undefined && (!within || (await apps.anyOn(serverId, within)));
        return ok(c, await templates.view(c.req.param("id"), { ...(shown && { serverId }), host, within }));
      },
    );

/** Below an app. */
export const templateUpdateRoutes = ({ templateUpdates }: Services) =>
  new Hono<AppEnv>()
    .get(
      "/:id/template-update",
      allow("apps", "manage", { summary: "What the newer template of an app would change", data: TemplateUpdateView }),
      async (c) => ok(c, await templateUpdates.view(c.req.param("id"))),
    )
    .post(
      "/:id/template-update",
      allow("apps", "manage", { summary: "Save the newer template as a new version; secrets and values stay", data: ConfigVersion }),
      valid("json", UpdateFromTemplate),
      async (c) => ok(c, await templateUpdates.save(c.req.param("id"), c.req.valid("json"), actorOf(c))),
    );
