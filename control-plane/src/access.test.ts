import { Hono } from "hono";
import { expect, test } from "vitest";
import { assertGated } from "./access.ts";
import { setUp } from "./platform/memory/tester.ts";

/** Whoever may call these without signing in; a new public route has to be added here by hand. */
const open = [
  "GET /api/health",
  "GET /install.sh",
  "GET /agent/:file",
  "GET /openapi.json",
  "GET /api/v1/openapi.json",
  "GET /api/v1/setup",
  "POST /api/v1/setup",
  "POST /api/v1/auth/login",
  "POST /api/v1/agent/enroll",
];
/** What a viewer may change: only what is their own. */
const ofViewers = [
  "POST /api/v1/auth/logout",
  "PUT /api/v1/auth/password",
  "POST /api/v1/tokens",
  "DELETE /api/v1/tokens/:id",
  "PUT /api/v1/apps/:id/favourite",
  "DELETE /api/v1/apps/:id/favourite",
];

test("a route that does not say who may call it does not start", () => {
  const app = new Hono().get("/secret", (c) => c.text("everything"));
  expect(() => assertGated(app.routes)).toThrow("GET /secret");
});

test("nobody gets past the gate without signing in, but where it is open", async () => {
  const { app } = await setUp();
  const routes = new Set(app.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`));
  expect(routes.size).toBeGreaterThan(40);
  for (const route of routes) {
    const [method = "", path = ""] = route.split(" ");
    const json = method === "GET" ? {} : { body: "{}", headers: { "content-type": "application/json" } };
    const { status } = await app.request(path.replaceAll(/:\w+/g, "1"), { method, ...json });
    if (open.includes(route)) expect(status, route).not.toBe(403);
    else expect(status, route).toBe(401);
  }
});

test("a viewer changes nothing but what is their own", async () => {
  const { app, viewer } = await setUp();
  const ask = await viewer();
  const routes = new Set(app.routes.map(({ method, path }) => `${method} ${path}`));
  for (const route of routes) {
    const [method = "", path = ""] = route.split(" ");
    if (["ALL", "GET"].includes(method) || open.includes(route) || ofViewers.includes(route)) continue;
    expect((await ask(path.replaceAll(/:\w+/g, "1"), { method, json: {} })).status, route).toBe(403);
  }
});
