import type { AppView } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import type { Page } from "@appos/shared/envelope";
import type { ServerView } from "@appos/shared/servers";
import { api } from "#lib/api.ts";
import { Query } from "#lib/query.svelte.ts";

const about = (type: string, ...nouns: string[]) => nouns.some((noun) => type.startsWith(`${noun}.`));

/** Servers may say how they are doing only while somebody asks: for five minutes each time. */
const WATCH_AGAIN_MS = 2 * 60_000;

/** Every server. Made while a component is. */
export const serversQuery = (): Query<Page<ServerView>> =>
  new Query(() => ({
    key: "servers",
    fetch: api.servers.list,
    everyMs: WATCH_AGAIN_MS,
    outdatedBy: ({ type }) => type === "server.changed" || type === "server.removed",
  }));

/** One server, by the name or id in the address. */
export const serverQuery = (named: () => string | undefined): Query<ServerView> =>
  new Query(() => {
    const name = named();
    if (name === undefined) return undefined;
    return {
      key: `server/${name}`,
      fetch: () => api.servers.get(name),
      everyMs: WATCH_AGAIN_MS,
      outdatedBy: (news, server) => news.type === "server.changed" && (!server || news.id === server.id),
    };
  });

/** Every app. */
export const appsQuery = (): Query<Page<AppView>> =>
  new Query(() => ({
    key: "apps",
    fetch: () => api.apps.list(),
    outdatedBy: ({ type }) => about(type, "app") || type === "server.changed",
  }));

/** The apps of one server, once it is known which. */
export const appsOfServerQuery = (serverId: () => string | undefined): Query<Page<AppView>> =>
  new Query(() => {
    const id = serverId();
    if (id === undefined) return undefined;
    return { key: `apps/${id}`, fetch: () => api.apps.list(id), outdatedBy: ({ type }) => about(type, "app") };
  });

/** One app, by the name or id in the address. */
export const appQuery = (named: () => string | undefined): Query<AppView> =>
  new Query(() => {
    const name = named();
    if (name === undefined) return undefined;
    return {
      key: `app/${name}`,
      fetch: () => api.apps.get(name),
      outdatedBy: (news, app) => news.type === "server.changed" || (news.type === "app.changed" && (!app || news.id === app.id)),
    };
  });

export const deploymentsQuery = (asked: () => { appId?: string; page?: number; pageSize?: number }): Query<Page<DeploymentView>> =>
  new Query(() => {
    const which = asked();
    return {
      key: `deployments/${JSON.stringify(which)}`,
      fetch: () => api.deployments.list(which),
      outdatedBy: ({ type }) => about(type, "deployment", "app"),
    };
  });
