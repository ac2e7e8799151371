import { type Context, Hono } from "hono";
import { z } from "zod";
import { ActivityView } from "@appos/shared/activity";
import { AppQuery, AppView, ChangeApp, NewApp, RemoveApp, ServiceState } from "@appos/shared/apps";
import { DeploymentView, StartDeployment } from "@appos/shared/deployments";
import { IdempotencyKey, page, PageQuery } from "@appos/shared/envelope";
import { JobView } from "@appos/shared/jobs";
import { allow, type AppEnv, callerOf } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { notFound } from "../../errors.ts";
import { limitedTo, sees } from "../auth/roles.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";
import { configRoutes } from "./config-routes.ts";
import { envRoutes } from "./env-routes.ts";
import { askingOf } from "../domains/asking.ts";
import { mayAdd, mayMove, mayRun } from "./may.ts";

const Created = z.object({ app: AppView, deployment: DeploymentView });
const Deployed = z.object({ deployment: DeploymentView });
const Ordered = z.object({ job: JobView });
const Observed = z.object({ services: z.array(ServiceState), observedAt: z.int().nullable() });
const key = valid("header", IdempotencyKey);

export const appRoutes = (services: Services) =>
  new Hono<AppEnv>()
    .route("/", favouriteRoutes(services))
    .route("/", appItself(services))
    .route("/", appOrders(services))
    .route("/", configRoutes(services))
    .route("/", envRoutes(services));

const Favourites = z.object({ apps: z.array(z.string()) });

/** Everybody has their own. */
const favouriteRoutes = ({ apps }: Services) => {
  const mine = (c: Context<AppEnv>) => apps.favourites(callerOf(c).userId, limitedTo(callerOf(c)));
  return new Hono<AppEnv>()
    .get(
      "/favourites",
      allow("apps", "read", { summary: "Which apps you want to have at hand", data: Favourites, narrows: true }),
      async (c) => ok(c, { apps: await mine(c) }),
    )
    .put("/:id/favourite", allow("apps", "read", { summary: "Have an app at hand", data: Favourites }), async (c) => {
      await apps.favour(callerOf(c).userId, c.req.param("id"), true);
      return ok(c, { apps: await mine(c) });
    })
    .delete("/:id/favourite", allow("apps", "read", { summary: "No longer have an app at hand", data: Favourites }), async (c) => {
      await apps.favour(callerOf(c).userId, c.req.param("id"), false);
      return ok(c, { apps: await mine(c) });
    });
};

const appItself = (services: Services) => {
  const { apps, deployments, jobs, activity, terminals } = services;
  return new Hono<AppEnv>()
    .get("/", allow("apps", "read", { summary: "All apps", data: page(AppView), narrows: true }), valid("query", AppQuery), async (c) =>
      ok(c, await apps.list({ ...c.req.valid("query"), within: limitedTo(callerOf(c)) }, callerOf(c).userId)),
    )
    .post(
      "/",
      allow("apps", "manage", { summary: "Create an app and deploy it", data: Created, status: 202, narrows: true }),
      key,
      valid("json", NewApp),
      async (c) => {
        const asked = c.req.valid("json");
        await mayAdd(services, callerOf(c), asked);
        const created = await deployments.create(asked, askingOf(services, c, c.req.valid("header")["idempotency-key"]));
        // It may have been made by the same request long ago, and have been moved since.
        if (!sees(callerOf(c), created.app.project?.id ?? null)) notFound("app");
        return ok(c, created, 202);
      },
    )
    .get("/:id", allow("apps", "read", { summary: "One app, by id or name", data: AppView }), async (c) =>
      ok(c, await apps.view(c.req.param("id"))),
    )
    .patch(
      "/:id",
      allow("apps", "manage", { summary: "Change an app's project, labels or how many releases are kept", data: AppView }),
      valid("json", ChangeApp),
      async (c) => {
        const asked = c.req.valid("json");
        await mayMove(services, callerOf(c), c.req.param("id"), asked);
        const app = await apps.change(c.req.param("id"), asked, actorOf(c));
        if (asked.projectId !== undefined) await terminals.endDisallowed();
        return ok(c, app);
      },
    )
    .delete(
      "/:id",
      allow("apps", "manage", { summary: "Remove an app", data: Ordered, status: 202 }),
      key,
      valid("query", RemoveApp),
      async (c) => {
        const job = await apps.remove(c.req.param("id"), c.req.valid("query").volumes, {
          sees: (projectId) => sees(callerOf(c), projectId),
          actor: actorOf(c),
          key: c.req.valid("header")["idempotency-key"],
        });
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
};

const appOrders = (services: Services) => {
  const { apps, deployments, jobs } = services;
  return new Hono<AppEnv>()
    .post(
      "/:id/deploy",
      allow("apps", "manage", { summary: "Deploy the newest version, or another", data: Deployed, status: 202 }),
      key,
      valid("json", StartDeployment),
      async (c) => {
        const [id, options] = [c.req.param("id"), c.req.valid("json")];
        await mayRun(services, callerOf(c), id, options.version);
        return ok(c, { deployment: await deployments.start(id, actorOf(c), c.req.valid("header")["idempotency-key"], options) }, 202);
      },
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
};
