import { type Context, Hono } from "hono";
import { z } from "zod";
import {
  CertificateSettings,
  ChangeDomain,
  ConsoleAddress,
  ChangeProxy,
  DomainDiagnosis,
  DomainQuery,
  DomainView,
  NewDomain,
  ProxyView,
  ReloadProxy,
  SetConsoleAddress,
} from "@appos/shared/domains";
import { IdempotencyKey, page } from "@appos/shared/envelope";
import { JobView } from "@appos/shared/jobs";
import { DomainUptime } from "@appos/shared/uptime";
import { allow, type AppEnv, callerOf } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { limitedTo } from "../auth/roles.ts";
import { ok, whole } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";
import { askingOf } from "./asking.ts";
import { mayServe } from "./may.ts";

const Applied = z.object({ domain: DomainView, job: JobView });
const Ordered = z.object({ job: JobView });
const Changed = z.object({ proxy: ProxyView, job: JobView.nullable() });
const Reloaded = z.object({ jobs: z.array(JobView) });

export const domainRoutes = (services: Services) => {
  const { domains, jobs } = services;
  const within = (c: Context<AppEnv>) => limitedTo(callerOf(c));
  return new Hono<AppEnv>()
    .get(
      "/",
      allow("domains", "read", { summary: "All domains", data: page(DomainView), narrows: true }),
      valid("query", DomainQuery),
      async (c) => ok(c, await domains.list({ ...c.req.valid("query"), within: within(c) })),
    )
    .post(
      "/",
      allow("domains", "manage", { summary: "Have a domain lead to a service of an app", data: DomainView, status: 201, narrows: true }),
      valid("header", IdempotencyKey),
      valid("json", NewDomain),
      async (c) => {
        const asked = c.req.valid("json");
        await mayServe(services, callerOf(c), asked);
        return ok(c, await domains.add(asked, askingOf(services, c, c.req.valid("header")["idempotency-key"])), 201);
      },
    )
    .get(
      "/uptime",
      allow("domains", "read", { summary: "How domains have answered", data: page(DomainUptime), narrows: true }),
      valid("query", DomainQuery),
      async (c) => ok(c, await domains.uptime.list({ ...c.req.valid("query"), within: within(c) })),
    )
    .get("/:id", allow("domains", "read", { summary: "One domain", data: DomainView }), async (c) =>
      ok(c, await domains.view(c.req.param("id"), within(c))),
    )
    .get(
      "/:id/diagnosis",
      allow("domains", "read", { summary: "Why a domain is not reached: each step to its app, looked at now", data: DomainDiagnosis }),
      async (c) => ok(c, await domains.diagnose(c.req.param("id"), within(c))),
    )
    .get(
      "/:id/authority",
      allow("domains", "read", { summary: "The root certificate of its server's own authority, in PEM" }),
      async (c) => {
        const { server } = await domains.view(c.req.param("id"), within(c));
        return rootCertificate(c, server.name, await domains.proxies.authority(server.id));
      },
    )
    .patch(
      "/:id",
      allow("domains", "manage", { summary: "Change where a domain leads, and how", data: DomainView }),
      valid("json", ChangeDomain),
      async (c) => ok(c, await domains.change(c.req.param("id"), c.req.valid("json"), askingOf(services, c))),
    )
    .delete("/:id", allow("domains", "manage", { summary: "Remove a domain", data: Ordered }), async (c) =>
      ok(c, { job: await jobs.view(await domains.remove(c.req.param("id"), actorOf(c))) }),
    )
    .post(
      "/:id/ssl",
      allow("domains", "manage", {
        summary: "Have the server serve a domain once more, and get its certificate",
        data: Applied,
        status: 202,
      }),
      async (c) => {
        const { domain, job } = await domains.applyAgain(c.req.param("id"), actorOf(c), within(c));
        return ok(c, { domain, job: await jobs.view(job) }, 202);
      },
    );
};

/** As systems and browsers take it in. */
const rootCertificate = (c: Context, server: string, pem: string) =>
  c.body(pem, 200, {
    "content-type": "application/x-x509-ca-cert",
    "content-disposition": `attachment; filename="${server.replaceAll(/[^a-z0-9-]/g, "")}-authority.crt"`,
  });

/** Below `/proxy`; its domains answer at `/proxy/domains` too. */
export const proxyRoutes = ({ domains: { proxies, console }, jobs }: Services) =>
  new Hono<AppEnv>()
    .get("/", allow("proxy", "read", { summary: "The proxies of servers", data: page(ProxyView) }), async (c) =>
      ok(c, whole(await proxies.list())),
    )
    .post(
      "/reload",
      allow("proxy", "manage", { summary: "Tell a server's proxy, or all, once more what to serve", data: Reloaded, status: 202 }),
      valid("json", ReloadProxy),
      async (c) => {
        const told = await proxies.reload(c.req.valid("json").serverId, actorOf(c));
        return ok(c, { jobs: await Promise.all(told.map((job) => jobs.view(job))) }, 202);
      },
    )
    .patch(
      "/:serverId",
      allow("proxy", "manage", { summary: "Have another program serve a server's domains", data: Changed }),
      valid("json", ChangeProxy),
      async (c) => {
        const { proxy, job } = await proxies.change(c.req.param("serverId"), c.req.valid("json"), actorOf(c));
        return ok(c, { proxy, job: job && (await jobs.view(job)) });
      },
    )
    .get(
      "/:serverId/authority",
      allow("proxy", "read", { summary: "The root certificate of a server's own authority, in PEM" }),
      async (c) => rootCertificate(c, c.req.param("serverId"), await proxies.authority(c.req.param("serverId"))),
    )
    .get("/console", allow("proxy", "read", { summary: "The console's own address", data: ConsoleAddress }), async (c) =>
      ok(c, await console.view()),
    )
    .put(
      "/console",
      allow("proxy", "manage", { summary: "Have the console answer at an address of its own, with HTTPS", data: ConsoleAddress }),
      valid("json", SetConsoleAddress),
      async (c) => ok(c, await console.set(c.req.valid("json"), actorOf(c))),
    )
    .delete(
      "/console",
      allow("proxy", "manage", { summary: "Have the console answer only where it listens by itself", data: ConsoleAddress }),
      async (c) => ok(c, await console.remove(actorOf(c))),
    )
    .get("/certificates", allow("proxy", "read", { summary: "Where certificates come from", data: CertificateSettings }), async (c) =>
      ok(c, await proxies.certificates()),
    )
    .put(
      "/certificates",
      allow("proxy", "manage", { summary: "Have certificates come from another authority", data: CertificateSettings }),
      valid("json", CertificateSettings),
      async (c) => ok(c, await proxies.setCertificates(c.req.valid("json"), actorOf(c))),
    );
