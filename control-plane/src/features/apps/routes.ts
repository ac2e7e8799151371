import { Hono } from "hono";
import { z } from "zod";
import { ActivityView } from "@appos/shared/activity";
import { AppView, NewApp, RemoveApp, ServiceState } from "@appos/shared/apps";
import { ConfigVersion, ConfigVersionSummary, EnvView, SaveCompose, SaveEnv } from "@appos/shared/configs";
import { DeploymentView } from "@appos/shared/deployments";
import { IdempotencyKey, page, PageQuery } from "@appos/shared/envelope";
import { JobView } from "@appos/shared/jobs";
import { allow, type AppEnv } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

const ListQuery = PageQuery.extend({ serverId: z.string().optional() });
const Created = z.object({ app: AppView, deployment: DeploymentView });
const Deployed = z.object({ deployment: DeploymentView });
const Ordered = z.object({ job: JobView });
const Observed = z.object({ services: z.array(ServiceState), observedAt: z.int().nullable() });
const VersionParam = z.object({ id: z.string(), n: z.coerce.number().int().positive() });
const key = valid("header", IdempotencyKey);

export const appRoutes = (services: Services) =>
  new Hono<AppEnv>().route("/", appItself(services)).route("/", appOrders(services)).route("/", appConfig(services));

const appItself = ({ apps, deployments, jobs, activity }: Services) =>
  new Hono<AppEnv>()
    .get("/", allow("apps", "read", { summary: "All apps", data: page(AppView) }), valid("query", ListQuery), async (c) => {
      const { serverId, ...page } = c.req.valid("query");
      return ok(c, await apps.list(page, serverId));
    })
    .post(
      "/",
      allow("apps", "manage", { summary: "Create an app and deploy it", data: Created, status: 202 }),
      key,
      valid("json", NewApp),
      async (c) => ok(c, await deployments.create(c.req.valid("json"), actorOf(c), c.req.valid("header")["idempotency-key"]), 202),
    )
    .get("/:id", allow("apps", "read", { summary: "One app, by id or name", data: AppView }), async (c) =>
      ok(c, await apps.view(c.req.param("id"))),
    )
    .delete(
      "/:id",
      allow("apps", "manage", { summary: "Remove an app", data: Ordered, status: 202 }),
      key,
      valid("query", RemoveApp),
      async (c) => {
        const job = await apps.remove(
          c.req.param("id"),
          c.req.valid("query").volumes,
          actorOf(c),
          c.req.valid("header")["idempotency-key"],
        );
        return ok(c, { job: await jobs.view(job) }, 202);
      },
    )
    .get(
      "/:id/events",
      allow("activity", "read", { summary: "Who did what to an app, newest first", data: page(ActivityView) }),
      valid("query", PageQuery),
      async (c) => ok(c, await activity.list(c.req.valid("query"), (await apps.find(c.req.param("id"))).id)),
    )
    .get("/:id/services", allow("apps", "read", { summary: "An app's containers", data: Observed }), async (c) => {
      const { services, observedAt } = await apps.view(c.req.param("id"));
      return ok(c, { services, observedAt });
    });

const appOrders = ({ apps, deployments, jobs }: Services) =>
  new Hono<AppEnv>()
    .post("/:id/deploy", allow("apps", "manage", { summary: "Deploy the newest version", data: Deployed, status: 202 }), key, async (c) =>
      ok(c, { deployment: await deployments.start(c.req.param("id"), actorOf(c), c.req.valid("header")["idempotency-key"]) }, 202),
    )
    .post("/:id/start", allow("apps", "manage", { summary: "Start a stopped app", data: Ordered, status: 202 }), key, async (c) =>
      ok(
        c,
        { job: await jobs.view(await apps.order(c.req.param("id"), "start-app", actorOf(c), c.req.valid("header")["idempotency-key"])) },
        202,
      ),
    )
    .post("/:id/stop", allow("apps", "manage", { summary: "Stop an app", data: Ordered, status: 202 }), key, async (c) =>
      ok(
        c,
        { job: await jobs.view(await apps.order(c.req.param("id"), "stop-app", actorOf(c), c.req.valid("header")["idempotency-key"])) },
        202,
      ),
    )
    .post("/:id/restart", allow("apps", "manage", { summary: "Restart an app", data: Ordered, status: 202 }), key, async (c) =>
      ok(
        c,
        { job: await jobs.view(await apps.order(c.req.param("id"), "restart-app", actorOf(c), c.req.valid("header")["idempotency-key"])) },
        202,
      ),
    );

const appConfig = ({ apps, configs }: Services) =>
  new Hono<AppEnv>()
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
    .put(
      "/:id/compose",
      allow("apps", "manage", { summary: "Save the compose file as a new version", data: ConfigVersion }),
      valid("json", SaveCompose),
      async (c) => ok(c, await apps.saveCompose(c.req.param("id"), c.req.valid("json"), actorOf(c))),
    )
    .get("/:id/env", allow("apps", "reveal", { summary: "Variables; the values of secrets are left out", data: EnvView }), async (c) =>
      ok(c, await apps.env(c.req.param("id"))),
    )
    .put(
      "/:id/env",
      allow("apps", "manage", { summary: "Save all variables as a new version", data: EnvView }),
      valid("json", SaveEnv),
      async (c) => {
        await apps.saveEnv(c.req.param("id"), c.req.valid("json").env, actorOf(c));
        return ok(c, await apps.env(c.req.param("id")));
      },
    );
