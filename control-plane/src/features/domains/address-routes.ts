import { Hono } from "hono";
import { z } from "zod";
import { AddressDomainQuery, AddressDomainView, ChangeAddressDomain, NewAddressDomain } from "@appos/shared/address-domains";
import { IdempotencyKey, page } from "@appos/shared/envelope";
import { JobView } from "@appos/shared/jobs";
import { allow, type AppEnv } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { ok, whole } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";
import { askingOf } from "./asking.ts";

const Ordered = z.object({ job: JobView });

/** Below `/proxy/addresses`: what a server's proxy leads to that is no app, which is for administrators. */
export const addressRoutes = (services: Services) => {
  const {
    domains: { addresses },
    jobs,
  } = services;
  return new Hono<AppEnv>()
    .get(
      "/",
      allow("proxy", "read", { summary: "Domains that lead to an address in a server's network", data: page(AddressDomainView) }),
      valid("query", AddressDomainQuery),
      async (c) => ok(c, whole(await addresses.list(c.req.valid("query").serverId))),
    )
    .post(
      "/",
      allow("proxy", "manage", { summary: "Have a domain lead to an address in a server's network", data: AddressDomainView, status: 201 }),
      valid("header", IdempotencyKey),
      valid("json", NewAddressDomain),
      async (c) => ok(c, await addresses.add(c.req.valid("json"), askingOf(services, c, c.req.valid("header")["idempotency-key"])), 201),
    )
    .patch(
      "/:id",
      allow("proxy", "manage", { summary: "Change to which address a domain leads, and how", data: AddressDomainView }),
      valid("json", ChangeAddressDomain),
      async (c) => ok(c, await addresses.change(c.req.param("id"), c.req.valid("json"), actorOf(c))),
    )
    .delete("/:id", allow("proxy", "manage", { summary: "Remove a domain that leads to an address", data: Ordered }), async (c) =>
      ok(c, { job: await jobs.view(await addresses.remove(c.req.param("id"), actorOf(c))) }),
    );
};
