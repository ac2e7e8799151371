import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { type AppEnv, assertGated, identify } from "./access.ts";
import { apiDocs } from "./api-docs.ts";
import { AppError, errorText } from "./errors.ts";
import { activityRoutes } from "./features/activity/routes.ts";
import { adoptionRoutes } from "./features/adoption/routes.ts";
import { appRoutes } from "./features/apps/routes.ts";
import { authRoutes, setupRoutes, tokenRoutes, userRoutes } from "./features/auth/routes.ts";
import { dnsProviderRoutes } from "./features/dns-providers/routes.ts";
import { certificateRoutes } from "./features/certificates/routes.ts";
import { addressRoutes } from "./features/domains/address-routes.ts";
import { domainRoutes, proxyRoutes } from "./features/domains/routes.ts";
import { driftRoutes } from "./features/drift/routes.ts";
import { releaseRoutes } from "./features/deployments/release-routes.ts";
import { deploymentRoutes } from "./features/deployments/routes.ts";
import { projectEnvRoutes, serverEnvRoutes } from "./features/env/routes.ts";
import { jobRoutes } from "./features/jobs/routes.ts";
import { logRoutes } from "./features/logs/routes.ts";
import { peopleRoutes } from "./features/people/routes.ts";
import { planRoutes } from "./features/plans/routes.ts";
import { searchRoutes } from "./features/search/routes.ts";
import { projectRoutes } from "./features/projects/routes.ts";
import { registryRoutes } from "./features/registries/routes.ts";
import { enrollRoutes, serverRoutes } from "./features/servers/routes.ts";
import { execTerminalRoutes, hostTerminalRoutes } from "./features/terminals/routes.ts";
import { templateRefreshRoutes, templateSourceRoutes } from "./features/template-sources/routes.ts";
import { templateRoutes, templateUpdateRoutes } from "./features/templates/routes.ts";
import { downloadRoutes, eventRoutes, healthRoutes, metricsRoutes, systemRoutes } from "./features/system/routes.ts";
import { updateRoutes } from "./features/updates/routes.ts";
import type { Log } from "./ports.ts";
import { failure } from "./reply.ts";
import type { Services } from "./services.ts";

const BODY_BYTES = 512 * 1024;

/** What the app needs besides its services: from where a request comes, and where to write about it. */
export interface Face {
  address(c: Context): string;
  log: Log;
}

export function createApp(services: Services, { address, log }: Face) {
  const app = new Hono<AppEnv>()
    .use(
      secureHeaders({
        contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
        strictTransportSecurity: false,
        xFrameOptions: "DENY",
        referrerPolicy: "no-referrer",
      }),
    )
    .use(async (c, next) => {
      await next();
      // HEAD is answered by GET, whose body nobody reads: what would go on for ever ends here.
      if (c.req.method === "HEAD") await c.res.body?.cancel().catch(() => {});
    })
    .use(async (c, next) => {
      const startedAt = performance.now();
      c.set("requestId", crypto.randomUUID());
      c.set("address", address(c));
      await next();
      c.header("x-request-id", c.get("requestId"));
      if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
      const { method, path } = c.req;
      log.debug("request", {
        requestId: c.get("requestId"),
        method,
        path,
        status: c.res.status,
        ms: Math.round((performance.now() - startedAt) * 10) / 10,
      });
    })
    .use(
      bodyLimit({
        maxSize: BODY_BYTES,
        onError: (c) => failure(c, new AppError("PAYLOAD_TOO_LARGE", `A request may have ${BODY_BYTES} bytes at most.`)),
      }),
    )
    .use(async (c, next) => {
      const type = c.req.header("content-type");
      if (type !== undefined && !/^application\/json\b/i.test(type))
        throw new AppError("UNSUPPORTED_MEDIA_TYPE", "Send JSON, with Content-Type: application/json.");
      await next();
    })
    .use(identify(services))
    .route("/api", healthRoutes(services))
    .route("/", metricsRoutes(services))
    .route("/", downloadRoutes(services))
    .route("/api/v1/setup", setupRoutes(services))
    .route("/api/v1/auth", authRoutes(services))
    .route("/api/v1/tokens", tokenRoutes(services))
    .route("/api/v1/users", userRoutes(services))
    .route("/api/v1/servers", serverRoutes(services))
    .route("/api/v1/servers", hostTerminalRoutes(services))
    .route("/api/v1/servers", adoptionRoutes(services))
    .route("/api/v1/servers", serverEnvRoutes(services))
    .route("/api/v1/search", searchRoutes(services))
    .route("/api/v1/projects", projectRoutes(services))
    .route("/api/v1/projects", projectEnvRoutes(services))
    .route("/api/v1/projects", peopleRoutes(services))
    .route("/api/v1/registries", registryRoutes(services))
    .route("/api/v1/agent", enrollRoutes(services))
    .route("/api/v1/apps", appRoutes(services))
    .route("/api/v1/apps", releaseRoutes(services))
    .route("/api/v1/apps", driftRoutes(services))
    .route("/api/v1/apps", planRoutes(services))
    .route("/api/v1/apps", updateRoutes(services))
    .route("/api/v1/apps", logRoutes(services))
    .route("/api/v1/apps", execTerminalRoutes(services))
    .route("/api/v1/apps", templateUpdateRoutes(services))
    .route("/api/v1/templates", templateRefreshRoutes(services))
    .route("/api/v1/templates", templateRoutes(services))
    .route("/api/v1/template-sources", templateSourceRoutes(services))
    .route("/api/v1/deployments", deploymentRoutes(services))
    .route("/api/v1/certificates", certificateRoutes(services))
    .route("/api/v1/dns-providers", dnsProviderRoutes(services))
    .route("/api/v1/domains", domainRoutes(services))
    .route("/api/v1/proxy/domains", domainRoutes(services))
    .route("/api/v1/proxy/addresses", addressRoutes(services))
    .route("/api/v1/proxy", proxyRoutes(services))
    .route("/api/v1/jobs", jobRoutes(services))
    .route("/api/v1/activity", activityRoutes(services))
    .route("/api/v1/system", systemRoutes(services))
    .route("/api/v1/events", eventRoutes(services))
    .onError((error, c) => {
      if (error instanceof AppError) return failure(c, error);
      if (error instanceof HTTPException)
        return failure(c, new AppError("INVALID_REQUEST", error.message || "This request cannot be read."));
      log.error("request failed", { requestId: c.get("requestId"), error: errorText(error) });
      return failure(c, new AppError("INTERNAL", `This is a fault of AppOS. Its log says more at request ${c.get("requestId")}.`));
    })
    .notFound((c) => failure(c, new AppError("NOT_FOUND", "There is nothing at this address.")));
  const documented = app.route("/", apiDocs(app, services.system.version));
  assertGated(documented.routes);
  return app;
}

export type App = ReturnType<typeof createApp>;
