import { Hono } from "hono";
import { RevealedEnv, RevealEnv, SaveEnv, SharedEnvView } from "@appos/shared/env";
import { allow, type AppEnv, callerOf } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";
import type { SharedEnvOwner } from "./service.ts";

/** Variables that the apps of a project, or of a server, share. */
export const projectEnvRoutes = (services: Services) =>
  sharedEnvRoutes("projects", services, async (asked) => {
    const { id, name } = await services.projects.find(asked);
    return { scope: "project", id, name };
  });

export const serverEnvRoutes = (services: Services) =>
  sharedEnvRoutes("servers", services, async (asked) => {
    const { id, name } = await services.servers.find(asked);
    return { scope: "server", id, name };
  });

const sharedEnvRoutes = (
  resource: "projects" | "servers",
  { sharedEnv, auth }: Services,
  owner: (asked: string) => Promise<SharedEnvOwner>,
) =>
  new Hono<AppEnv>()
    .get(
      "/:id/env",
      allow(resource, "reveal", { summary: "Variables that its apps share; the values of secrets are left out", data: SharedEnvView }),
      async (c) => ok(c, await sharedEnv.view(await owner(c.req.param("id")))),
    )
    .put(
      "/:id/env",
      allow(resource, "share", { summary: "Save all variables that its apps share", data: SharedEnvView }),
      valid("json", SaveEnv),
      async (c) => ok(c, await sharedEnv.save(await owner(c.req.param("id")), c.req.valid("json"), actorOf(c))),
    )
    .post(
      "/:id/env/reveal",
      allow(resource, "reveal", { summary: "The values of secrets that its apps share, for the password once more", data: RevealedEnv }),
      valid("json", RevealEnv),
      async (c) => {
        const { password, keys } = c.req.valid("json");
        const found = await owner(c.req.param("id"));
        await auth.confirm(callerOf(c), password, c.get("address"));
        return ok(c, { env: await sharedEnv.reveal(found, keys, actorOf(c)) });
      },
    );
