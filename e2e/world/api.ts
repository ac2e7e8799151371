import type { AppView, NewApp } from "@appos/shared/apps";
import type { ConfigVersion } from "@appos/shared/configs";
import type { DeploymentView } from "@appos/shared/deployments";
import type { Failure, Page } from "@appos/shared/envelope";
import type { Entry, JobView } from "@appos/shared/jobs";
import type { Enrollment, ServerView } from "@appos/shared/servers";
import { until } from "./until.ts";

/** A request that was refused, as the envelope says it. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: unknown;
  constructor(status: number, { message, error }: Failure) {
    super(message);
    this.status = status;
    this.code = error.code;
    this.details = error.details;
  }
}

interface Person {
  email: string;
  password: string;
}
export type Api = ReturnType<typeof api>;

const OVER = ["succeeded", "failed", "canceled", "lost", "superseded"];

/** The API as a program uses it: what is in the envelope, or a Refused. */
export function api(url: string, headers: Record<string, string> = {}) {
  async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await send(method, path, body);
    const envelope = (await response.json()) as { success: true; data: T } | Failure;
    if (envelope.success) return envelope.data;
    throw new Refused(response.status, envelope);
  }
  const send = (method: string, path: string, body?: unknown, more: Record<string, string> = {}) =>
    fetch(`${url}${path.startsWith("/") ? path : `/api/v1/${path}`}`, {
      method,
      headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }), ...more },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const get = <T>(path: string) => ask<T>("GET", path);

  return {
    url,
    send,
    get,
    post: <T>(path: string, body: unknown = {}) => ask<T>("POST", path, body),
    put: <T>(path: string, body: unknown) => ask<T>("PUT", path, body),
    delete: <T>(path: string) => ask<T>("DELETE", path),

    /** The same API, as somebody who signed in with a browser. */
    async signIn({ email, password }: Person) {
      const response = await send("POST", "auth/login", { email, password });
      if (!response.ok) throw new Refused(response.status, (await response.json()) as Failure);
      const cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
      return api(url, { cookie, origin: new URL(url).origin });
    },
    withToken: (secret: string) => api(url, { authorization: `Bearer ${secret}` }),

    server: (name: string) => get<ServerView>(`servers/${name}`),
    addServer: (name: string) => ask<{ server: ServerView; enrollment: Enrollment }>("POST", "servers", { name }),
    app: (name: string) => get<AppView>(`apps/${name}`),
    version: (app: string, number: number) => get<ConfigVersion>(`apps/${app}/versions/${number}`),
    deployment: (id: string) => get<DeploymentView>(`deployments/${id}`),
    deployments: async (appId: string) => (await get<Page<DeploymentView>>(`deployments?appId=${appId}`)).items,
    async entries(deployment: string): Promise<Entry[]> {
      const all: Entry[] = [];
      for (;;) {
        const { items } = await get<{ items: Entry[] }>(`deployments/${deployment}/logs?after=${all.at(-1)?.seq ?? 0}`);
        if (items.length === 0) return all;
        all.push(...items);
      }
    },

    create: (name: string, compose: string, more: Partial<NewApp> = {}) =>
      ask<{ app: AppView; deployment: DeploymentView }>("POST", "apps", { name, source: { type: "compose", compose }, ...more }),
    saveCompose: (app: string, compose: string) => ask<ConfigVersion>("PUT", `apps/${app}/compose`, { compose }),
    deploy: async (app: string) => (await ask<{ deployment: DeploymentView }>("POST", `apps/${app}/deploy`)).deployment,
    order: async (app: string, verb: "start" | "stop" | "restart") => (await ask<{ job: JobView }>("POST", `apps/${app}/${verb}`)).job,

    /** The deployment, once it is over. */
    settled: (id: string, within = 40_000) =>
      until(`deployment ${id} is over`, async () => over(await get<DeploymentView>(`deployments/${id}`)), within),
    jobEnded: (id: string, within = 40_000) => until(`job ${id} is over`, async () => over(await get<JobView>(`jobs/${id}`)), within),
  };
}

function over<T extends DeploymentView | JobView>(it: T): T | undefined {
  return OVER.includes("status" in it ? it.status : it.state) ? it : undefined;
}
