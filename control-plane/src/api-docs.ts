import { Hono } from "hono";
import { generateSpecs } from "hono-openapi";
import { allowAnyone, type AppEnv } from "./access.ts";

/** The API's description, made from the schemas that check it. It names no secret; a browser shows it at /docs. */
export function apiDocs<E extends AppEnv>(app: Hono<E>, version: string) {
  let specs: ReturnType<typeof generateSpecs> | undefined;
  const describe = () =>
    (specs ??= generateSpecs(app, {
      documentation: {
        info: { title: "AppOS", version, description: "Every answer comes in an envelope; errors carry a stable code." },
        components: {
          securitySchemes: {
            token: { type: "http", scheme: "bearer" },
            session: { type: "apiKey", in: "cookie", name: "appos_session" },
          },
        },
        security: [{ token: [] }, { session: [] }],
      },
      exclude: [/^\/(install\.sh|agent|metrics|openapi\.json|api\/v1\/openapi\.json)/],
    }));
  const gate = () => allowAnyone({ summary: "This description, OpenAPI 3.1" });
  return new Hono<AppEnv>()
    .get("/openapi.json", gate(), async (c) => c.json(await describe()))
    .get("/api/v1/openapi.json", gate(), async (c) => c.json(await describe()));
}
