import { Hono } from "hono";
import { page, PageQuery } from "@appos/shared/envelope";
import { EditRegistry, NewRegistry, RegistryTest, RegistryView, TestRegistry } from "@appos/shared/registries";
import { allow, type AppEnv } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

export const registryRoutes = ({ registries }: Services) =>
  new Hono<AppEnv>()
    .get(
      "/",
      allow("registries", "read", { summary: "Logins for registries, without their passwords", data: page(RegistryView) }),
      valid("query", PageQuery),
      async (c) => ok(c, await registries.list(c.req.valid("query"))),
    )
    .post(
      "/",
      allow("registries", "manage", { summary: "Add a login for a registry", data: RegistryView, status: 201 }),
      valid("json", NewRegistry),
      async (c) => ok(c, await registries.add(c.req.valid("json"), actorOf(c)), 201),
    )
    .patch(
      "/:id",
      allow("registries", "manage", { summary: "Change the user or the password of a login", data: RegistryView }),
      valid("json", EditRegistry),
      async (c) => ok(c, await registries.change(c.req.param("id"), c.req.valid("json"), actorOf(c))),
    )
    .delete("/:id", allow("registries", "manage", { summary: "Remove a login" }), async (c) => {
      await registries.remove(c.req.param("id"), actorOf(c));
      return ok(c, null);
    })
    .post(
      "/:id/test",
      allow("registries", "manage", { summary: "Have a server try a login", data: RegistryTest }),
      valid("json", TestRegistry),
      async (c) => ok(c, await registries.test(c.req.param("id"), c.req.valid("json").serverId)),
    );
