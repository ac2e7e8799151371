import { Hono } from "hono";
import { z } from "zod";
import { EnvView, ExportEnv, ImportEnv, RevealedEnv, RevealEnv, SaveEnv } from "@appos/shared/env";
import { allow, type AppEnv, callerOf } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";
import { mayRefer } from "./may.ts";

const Imported = EnvView.extend({ imported: z.int(), notes: z.array(z.object({ line: z.int(), message: z.string() })) }).meta({
  id: "ImportedEnv",
});
const Exported = z.object({ text: z.string() });

export const envRoutes = (services: Services) => {
  const { apps, auth } = services;
  return new Hono<AppEnv>()
    .get("/:id/env", allow("apps", "reveal", { summary: "Variables; the values of secrets are left out", data: EnvView }), async (c) =>
      ok(c, await apps.env(c.req.param("id"))),
    )
    .put(
      "/:id/env",
      allow("apps", "manage", { summary: "Save all variables as a new version", data: EnvView }),
      valid("json", SaveEnv),
      async (c) => {
        await mayRefer(services, callerOf(c), c.req.valid("json").env, c.req.param("id"));
        return ok(c, await apps.saveEnv(c.req.param("id"), c.req.valid("json"), actorOf(c)));
      },
    )
    .post(
      "/:id/env/import",
      allow("apps", "manage", { summary: "Take over the variables of a .env file", data: Imported }),
      valid("json", ImportEnv),
      async (c) => ok(c, await apps.importEnv(c.req.param("id"), c.req.valid("json"), actorOf(c))),
    )
    .post(
      "/:id/env/export",
      allow("apps", "reveal", { summary: "The variables as a .env file; secrets only for the password once more", data: Exported }),
      valid("json", ExportEnv),
      async (c) => {
        const { password } = c.req.valid("json");
        if (password !== undefined) await auth.confirm(callerOf(c), password, c.get("address"));
        return ok(c, { text: await apps.exportEnv(c.req.param("id"), password !== undefined, actorOf(c)) });
      },
    )
    .post(
      "/:id/env/reveal",
      allow("apps", "reveal", { summary: "The values of secrets, for the password once more", data: RevealedEnv }),
      valid("json", RevealEnv),
      async (c) => {
        const { password, keys } = c.req.valid("json");
        await auth.confirm(callerOf(c), password, c.get("address"));
        return ok(c, await apps.revealEnv(c.req.param("id"), keys, actorOf(c)));
      },
    );
};
