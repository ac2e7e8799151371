import { Hono } from "hono";
import { SearchAnswer, type SearchHit, SearchQuery } from "@appos/shared/search";
import { allow, type AppEnv, callerOf } from "../../access.ts";
import { limitedTo } from "../auth/roles.ts";
import type { Caller } from "../auth/service.ts";
import { ok } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";

/** Of each kind, so many at most: whoever looks for something goes on typing. */
const EACH = 6;

export const searchRoutes = (services: Services) =>
  new Hono<AppEnv>().get(
    "/",
    allow("apps", "read", { summary: "Apps, servers, projects and templates by name", data: SearchAnswer, narrows: true }),
    valid("query", SearchQuery),
    async (c) => ok(c, { items: await found(services, c.req.valid("query").q, callerOf(c)) }),
  );

async function found({ apps, servers, projects, templates }: Services, search: string, caller: Caller): Promise<SearchHit[]> {
  const page = { page: 1, pageSize: EACH };
  const within = limitedTo(caller);
  const [foundApps, foundServers, foundProjects, foundTemplates] = await Promise.all([
    apps.hits({ search, within }, EACH, caller.userId),
    servers.hits(search, EACH, within),
    projects.hits(search, EACH, within),
    templates.list({ search }, page, within),
  ]);
  return [
    ...foundApps.map(({ id, name, serverName }): SearchHit => ({
      kind: "app",
      id,
      name,
      about: `on ${serverName}`,
      path: `/apps/${name}`,
    })),
    ...foundServers.map(({ id, name }): SearchHit => ({ kind: "server", id, name, about: "server", path: `/servers/${name}` })),
    ...foundProjects.map(({ id, name }): SearchHit => ({ kind: "project", id, name, about: "project", path: `/projects/${name}` })),
    ...foundTemplates.items.map(({ id, name, description }): SearchHit => ({
      kind: "template",
      id,
      name,
      about: description,
      path: `/catalog/${id}`,
    })),
  ];
}
