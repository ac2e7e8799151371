import { Hono } from "hono";
import { ChangeDnsProvider, DnsProviderView, NewDnsProvider } from "@appos/shared/dns-providers";
import { page } from "@appos/shared/envelope";
import { allow, type AppEnv } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { ok, whole } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

export const dnsProviderRoutes = ({ dnsProviders }: Services) =>
  new Hono<AppEnv>()
    .get(
      "/",
      allow("dnsProviders", "read", { summary: "DNS providers, without what they are asked with", data: page(DnsProviderView) }),
      async (c) => ok(c, whole(await dnsProviders.list())),
    )
    .post(
      "/",
      allow("dnsProviders", "manage", {
        summary: "Add a DNS provider with its credentials, which nothing gives back",
        data: DnsProviderView,
        status: 201,
      }),
      valid("json", NewDnsProvider),
      async (c) => ok(c, await dnsProviders.add(c.req.valid("json"), actorOf(c)), 201),
    )
    .put(
      "/:id",
      allow("dnsProviders", "manage", {
        summary: "Change its name, zones or credentials; servers that use it are told",
        data: DnsProviderView,
      }),
      valid("json", ChangeDnsProvider),
      async (c) => ok(c, await dnsProviders.change(c.req.param("id"), c.req.valid("json"), actorOf(c))),
    )
    .delete("/:id", allow("dnsProviders", "manage", { summary: "Remove a DNS provider that no domain uses" }), async (c) => {
      await dnsProviders.remove(c.req.param("id"), actorOf(c));
      return ok(c, null);
    });
