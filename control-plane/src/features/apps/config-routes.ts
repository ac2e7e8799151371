import { Hono } from "hono";
import { z } from "zod";
import { ConfigComparison, ConfigFilesView, ConfigVersion, ConfigVersionSummary, SaveCompose, SaveConfig } from "@appos/shared/configs";
import { page, PageQuery } from "@appos/shared/envelope";
import { allow, type AppEnv, callerOf } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";
import { mayRefer } from "./may.ts";

const number = z.coerce.number().int().positive();
const VersionParam = z.object({ id: z.string(), n: number });
const CompareParam = z.object({ id: z.string(), n: number, other: number });

export const configRoutes = (services: Services) => {
  const { apps, configs } = services;
  return new Hono<AppEnv>()
    .get(
      "/:id/versions",
      allow("apps", "read", { summary: "Config versions, newest first", data: page(ConfigVersionSummary) }),
      valid("query", PageQuery),
      async (c) => ok(c, await configs.list((await apps.find(c.req.param("id"))).id, c.req.valid("query"))),
    )
    .get(
      "/:id/versions/:n",
      allow("apps", "read", { summary: "One config version", data: ConfigVersion }),
      valid("param", VersionParam),
      async (c) => ok(c, await configs.get((await apps.find(c.req.valid("param").id)).id, c.req.valid("param").n)),
    )
    .get(
      "/:id/versions/:n/files",
      allow("apps", "reveal", { summary: "The config files of one version, with what is in them", data: ConfigFilesView }),
      valid("param", VersionParam),
      async (c) => ok(c, await apps.files(c.req.valid("param").id, c.req.valid("param").n)),
    )
    .get(
      "/:id/versions/:n/compare/:other",
      allow("apps", "reveal", { summary: "What became of one version in another; secrets only as changed", data: ConfigComparison }),
      valid("param", CompareParam),
      async (c) => {
        const { id, n, other } = c.req.valid("param");
        return ok(c, await apps.compare(id, n, other));
      },
    )
    .put(
      "/:id/compose",
      allow("apps", "manage", { summary: "Save the compose file as a new version", data: ConfigVersion }),
      valid("json", SaveCompose),
      async (c) => ok(c, await apps.saveConfig(c.req.param("id"), c.req.valid("json"), actorOf(c))),
    )
    .put(
      "/:id/config",
      allow("apps", "manage", { summary: "Save compose file, config files and variables as one new version", data: ConfigVersion }),
      valid("json", SaveConfig),
      async (c) => {
        const asked = c.req.valid("json");
        await mayRefer(services, callerOf(c), asked.env, c.req.param("id"));
        return ok(c, await apps.saveConfig(c.req.param("id"), asked, actorOf(c)));
      },
    );
};
