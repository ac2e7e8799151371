import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import type { WorldWithServer } from "../world/anywhere.ts";
import { type Api, api } from "../world/api.ts";
import { visitor } from "../world/browser.ts";
import { web } from "../world/compose.ts";
import { heading, reads, sees, signsIn } from "../world/console.ts";
import { administrator } from "../world/control-plane.ts";
import { appNamed } from "../world/docker.ts";
import { port as freePort } from "../world/places.ts";

export const gateStories = (w: WorldWithServer) =>
  describe("who may do what", { concurrent: false }, () => {
    const onlooker = { email: "vera@example.org", name: "Vera", password: "watches but never touches" };
    const shop = appNamed("shop");
    let url: string;
    let admin: Api;
    let viewer: Api;
    let deploymentId: string;
    let jobId: string;

    interface Route {
      method: string;
      path: string;
    }
    let routes: Route[];

    beforeAll(async () => {
      ({
        controls: { url },
        admin,
      } = w);
      await admin.post("users", { ...onlooker, role: "viewer" });
      viewer = await api(url).signIn(onlooker);
      const { deployment } = await admin.create(shop, web(await freePort()), { serverId: w.serverId });
      await admin.settled(deployment.id);
      [deploymentId, jobId] = [deployment.id, deployment.jobId];
      const { paths } = (await (await admin.send("GET", "/openapi.json")).json()) as { paths: Record<string, Record<string, unknown>> };
      routes = Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
      );
    });

    /** Routes that anyone may call; they guard themselves. */
    const open = ["GET /api/health", "GET /api/v1/setup", "POST /api/v1/setup", "POST /api/v1/auth/login", "POST /api/v1/agent/enroll"];
    /** What is a viewer's own: their session, their tokens and what they want to have at hand. */
    const own = [
      "POST /api/v1/auth/logout",
      "PUT /api/v1/auth/password",
      "POST /api/v1/tokens",
      "DELETE /api/v1/tokens/{id}",
      "PUT /api/v1/apps/{id}/favourite",
      "DELETE /api/v1/apps/{id}/favourite",
    ];
    /** Read only by administrators. */
    const hidden = [
      "GET /api/v1/users",
      "GET /api/v1/apps/{id}/env",
      "GET /api/v1/apps/{id}/versions/{n}/files",
      "GET /api/v1/apps/{id}/versions/{n}/compare/{other}",
      "GET /api/v1/apps/{id}/template-update",
      "GET /api/v1/projects/{id}/env",
      "GET /api/v1/servers/{id}/env",
      "GET /api/v1/activity",
      "GET /api/v1/apps/{id}/events",
      "GET /api/v1/servers/{id}/terminals",
    ];

    /** There is none of these here, or something has to be asked for: a viewer gets that far. */
    const absent = [
      "GET /api/v1/projects/{id}",
      "GET /api/v1/projects/{id}/people",
      "GET /api/v1/domains/{id}",
      "GET /api/v1/proxy/domains/{id}",
      "GET /api/v1/domains/{id}/authority",
      "GET /api/v1/proxy/domains/{id}/authority",
      "GET /api/v1/proxy/{serverId}/authority",
      "GET /api/v1/domains/{id}/diagnosis",
      "GET /api/v1/proxy/domains/{id}/diagnosis",
      "GET /api/v1/template-sources/{id}",
      "GET /api/v1/template-sources/{id}/report",
      "GET /api/v1/search",
    ];

    /** What a route of each kind is asked about. */
    function place(path: string) {
      const subject = /\/deployments\//.test(path)
        ? deploymentId
        : /\/jobs\//.test(path)
          ? jobId
          : /\/servers\//.test(path)
            ? "local"
            : /\/templates\//.test(path)
              ? "wordpress"
              : shop;
      return path.replace("{id}", subject).replaceAll(/\{(n|other|project)\}/g, "1");
    }

    async function statusFor(who: Api, { method, path }: Route) {
      const body = method === "GET" ? undefined : {};
      const response = await who.send(method, place(path), body);
      await response.body?.cancel();
      return response.status;
    }

    const named = ({ method, path }: Route) => `${method} ${path}`;

    test("the API describes its routes", () => {
      expect(routes.length).toBeGreaterThan(35);
      for (const route of [...open, ...own, ...hidden, ...absent]) expect(routes.map(named)).toContain(route);
    });

    test("who has not signed in gets nothing but what is for anyone", async () => {
      const stranger = api(url);
      const statuses = await Promise.all(routes.map(async (route) => [named(route), await statusFor(stranger, route)] as const));
      for (const [route, status] of statuses) {
        if (open.includes(route)) expect(status, route).toBeLessThan(500);
        else expect(status, route).toBe(401);
      }
      for (const path of ["/metrics"]) expect((await stranger.send("GET", path)).status, path).toBe(401);
    });

    test("a viewer sees everything but what is hidden, and changes nothing", async () => {
      for (const route of routes) {
        const name = named(route);
        if (open.includes(name) || own.includes(name)) continue;
        const status = await statusFor(viewer, route);
        const mayNot = route.method !== "GET" || hidden.includes(name);
        if (absent.includes(name)) expect([400, 404], name).toContain(status);
        else expect(status, name).toBe(mayNot ? 403 : 200);
      }
      expect((await admin.app(shop)).status).toBe("running");
    });

    test("a token may no more than its role, and a viewer can make no better one", async () => {
      const { secret } = await admin.post<{ secret: string }>("tokens", { name: "ci", role: "viewer" });
      const program = api(url).withToken(secret);
      expect((await program.app(shop)).name).toBe(shop);
      await expect(program.deploy(shop)).rejects.toMatchObject({ status: 403, code: "FORBIDDEN" });
      await expect(viewer.post("tokens", { name: "better", role: "admin" })).rejects.toMatchObject({ status: 403, code: "FORBIDDEN" });
      await expect(api(url).withToken("appos_guessed").app(shop)).rejects.toMatchObject({ status: 401 });
    });

    test("another site cannot use the administrator's session", async () => {
      const elsewhere = { origin: "https://elsewhere.example.org", "sec-fetch-site": "cross-site" };
      for (const [method, path] of [
        ["POST", `apps/${shop}/stop`],
        ["DELETE", `apps/${shop}`],
        ["POST", "auth/logout"],
      ] as const) {
        const response = await admin.send(method, path, {}, elsewhere);
        expect(response.status, path).toBe(403);
        expect(await response.json()).toMatchObject({ success: false, code: 403, error: { code: "CROSS_ORIGIN" } });
      }
      expect(await admin.app(shop)).toMatchObject({ status: "running" });
    });

    test("the console says to a browser what it may do", async () => {
      const { headers } = await admin.send("GET", "/");
      expect(headers.get("content-security-policy")).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(headers.get("content-security-policy")).not.toMatch(/unsafe|\*/);
      const login = await api(url).send("POST", "auth/login", { email: administrator.email, password: administrator.password });
      expect(login.headers.get("set-cookie")).toMatch(/^appos_session=\S+;.*HttpOnly.*SameSite=Lax/i);
    });

    test("a viewer's console shows everything and offers no change", async () => {
      const page = await visitor(url);
      await signsIn(page, onlooker);
      await heading(page, "Overview");
      await sees(page, "link", shop);
      // Each page, and what is there once all of it is.
      for (const [path, text] of [
        ["/", /Succeeded/],
        ["/apps", shop],
        [`/apps/${shop}`, "appos-test/web:1"],
        [`/apps/${shop}/config`, "Version 1"],
        [`/apps/${shop}/deployments`, /release 1/i],
        [`/deployments/${deploymentId}`, "Succeeded"],
        ["/servers", "local"],
        ["/servers/local", "Compose"],
      ] as const) {
        await page.goto(path);
        await reads(page, text);
        expect(await offers(page), path).toEqual([]);
      }
      expect(await page.getByRole("link", { name: "Activity" }).count()).toBe(0);
    });

    /** Controls by which something would change. */
    async function offers(page: Page): Promise<string[]> {
      const changing =
        /^(New app|Add server|Deploy|Deploy again|Save|Save and deploy|Stop|Start|Restart|Remove|Cancel|Rename|Install command|More for .*)$/;
      const found = [
        ...(await page.getByRole("button", { name: changing }).all()),
        ...(await page.getByRole("link", { name: changing }).all()),
      ];
      return Promise.all(found.map((control) => control.innerText()));
    }
  });
