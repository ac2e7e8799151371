import type { ActivityView } from "@appos/shared/activity";
import type { AppView, NewApp, ServiceState } from "@appos/shared/apps";
import type { Login, Me, NewToken, Setup, TokenView } from "@appos/shared/auth";
import type { ConfigVersion, ConfigVersionSummary, SaveCompose } from "@appos/shared/configs";
import type { DeploymentView } from "@appos/shared/deployments";
import type { Failure, Page } from "@appos/shared/envelope";
import type { JobView } from "@appos/shared/jobs";
import type { Enrollment, NewServer, ServerView, TimelineView } from "@appos/shared/servers";
import type { SystemInfo } from "@appos/shared/system";
import type { TerminalTicket, TerminalView } from "@appos/shared/terminals";
import { ApiError, type ApiErrorCode, asApiError } from "./api-error.ts";

export const API = "/api/v1";

interface Request {
  body?: unknown;
  /** Makes a second try of the same click harmless. */
  key?: string;
}

const ME = "/auth/me";
const AGAIN_MS = 300;
let signedOut = () => {};
/** What happens when a request is answered "sign in first", except the one that asks who is signed in. */
export const onSignedOut = (act: () => void) => void (signedOut = act);

/** The one place that turns a reply into a value or an ApiError. */
async function call<T>(method: string, path: string, { body, key }: Request = {}): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (method !== "GET") headers["content-type"] = "application/json";
  if (key) headers["idempotency-key"] = key;
  const ask = () => fetch(API + path, { method, headers, ...(method !== "GET" && { body: JSON.stringify(body ?? {}) }) });
  const response = await ask()
    .catch(twiceIf(method === "GET" || key !== undefined, ask))
    .catch(() => {
      throw new ApiError("UNREACHABLE", "The control plane does not answer. Check that it runs and that this machine is connected.");
    });
  const reply = (await response.json().catch(() => undefined)) as { success: true; data: T } | Failure | undefined;
  if (reply?.success === true) return reply.data;
  if (reply?.success !== false)
    throw new ApiError("UNREADABLE", `The control plane answered ${response.status}, in a form the console does not know.`);
  const error = new ApiError(reply.error.code as ApiErrorCode, reply.message, reply.error.details);
  if (error.code === "UNAUTHENTICATED" && path !== ME) signedOut();
  throw error;
}

/** A network that changes under a request, as it does where Docker runs, cuts it off. What may be asked twice is. */
const twiceIf = (harmless: boolean, ask: () => Promise<Response>) => async (error: unknown) => {
  if (!harmless) throw error;
  await new Promise((resume) => setTimeout(resume, AGAIN_MS));
  return ask();
};

const get = <T>(path: string) => call<T>("GET", path);
const post = <T>(path: string, body?: unknown, key?: string) => call<T>("POST", path, { body, ...(key && { key }) });
const id = encodeURIComponent;

const query = (values: Record<string, string | number | undefined>) => {
  const given = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length ? `?${new URLSearchParams(given)}` : "";
};

export type AppVerb = "start" | "stop" | "restart";

/** Where a terminal is opened: on a server itself, or in a container of an app. */
export type TerminalTarget = { of: "server"; id: string } | { of: "app"; id: string; service: string };
const terminalPath = ({ of, id: noun }: TerminalTarget) => `/${of}s/${id(noun)}/terminal`;

export const api = {
  setup: {
    state: () => get<{ needed: boolean }>("/setup"),
    create: (setup: Setup) => post<Me>("/setup", setup),
  },
  auth: {
    login: (login: Login) => post<Me>("/auth/login", login),
    logout: () => post<unknown>("/auth/logout"),
    me: () => get<Me>(ME),
  },
  tokens: {
    list: async () => (await get<Page<TokenView>>("/tokens")).items,
    create: (token: NewToken) => post<{ token: TokenView; secret: string }>("/tokens", token),
    revoke: (token: string) => call<unknown>("DELETE", `/tokens/${id(token)}`),
  },
  servers: {
    list: () => get<Page<ServerView>>("/servers?pageSize=200"),
    get: (server: string) => get<ServerView>(`/servers/${id(server)}`),
    add: (server: NewServer, key: string) => post<{ server: ServerView; enrollment: Enrollment }>("/servers", server, key),
    rename: (server: string, to: NewServer) => call<ServerView>("PATCH", `/servers/${id(server)}`, { body: to }),
    remove: (server: string) => call<unknown>("DELETE", `/servers/${id(server)}`),
    timeline: (server: string, page: number) => get<Page<TimelineView>>(`/servers/${id(server)}/timeline${query({ page, pageSize: 8 })}`),
    enroll: (server: string) => post<Enrollment>(`/servers/${id(server)}/enrollment`),
  },
  apps: {
    list: (serverId?: string) => get<Page<AppView>>(`/apps${query({ pageSize: 200, serverId })}`),
    get: (app: string) => get<AppView>(`/apps/${id(app)}`),
    create: (app: NewApp, key: string) => post<{ app: AppView; deployment: DeploymentView }>("/apps", app, key),
    deploy: (app: string, key: string) => post<{ deployment: DeploymentView }>(`/apps/${id(app)}/deploy`, {}, key),
    act: (app: string, verb: AppVerb, key: string) => post<{ job: JobView }>(`/apps/${id(app)}/${verb}`, {}, key),
    remove: (app: string, volumes: "keep" | "delete", key: string) =>
      call<{ job: JobView }>("DELETE", `/apps/${id(app)}?volumes=${volumes}`, { key }),
    services: (app: string) => get<{ services: ServiceState[]; observedAt: number | null }>(`/apps/${id(app)}/services`),
    versions: (app: string) => get<Page<ConfigVersionSummary>>(`/apps/${id(app)}/versions?pageSize=100`),
    version: (app: string, number: number) => get<ConfigVersion>(`/apps/${id(app)}/versions/${number}`),
    saveCompose: (app: string, compose: SaveCompose) => call<ConfigVersion>("PUT", `/apps/${id(app)}/compose`, { body: compose }),
    /** Why there is no log to follow, if there is an answer to that: a stream that is refused does not say. */
    logsProblem: (app: string) =>
      get(`/apps/${id(app)}/logs?tail=0`).then(
        () => undefined,
        (cause: unknown) => (asApiError(cause).code === "UNREACHABLE" ? undefined : asApiError(cause)),
      ),
    logsUrl: (app: string, asked: { service?: string | undefined; tail: number; since?: number | undefined }) =>
      `${API}/apps/${id(app)}/logs${query({ ...asked, follow: 1 })}`,
  },
  deployments: {
    list: (asked: { appId?: string; page?: number; pageSize?: number }) => get<Page<DeploymentView>>(`/deployments${query(asked)}`),
    get: (deployment: string) => get<DeploymentView>(`/deployments/${id(deployment)}`),
    entriesUrl: (deployment: string, after: number) => `${API}/deployments/${id(deployment)}/logs?after=${after}`,
    cancel: (deployment: string) => post<DeploymentView>(`/deployments/${id(deployment)}/cancel`),
  },
  jobs: {
    get: (job: string) => get<JobView>(`/jobs/${id(job)}`),
  },
  terminals: {
    open: (target: TerminalTarget, session: string | undefined) =>
      post<TerminalTicket>(terminalPath(target), { ...(target.of === "app" && { service: target.service }), ...(session && { session }) }),
    url(target: TerminalTarget, asked: { ticket: string; after: number; cols: number; rows: number }) {
      const url = new URL(API + terminalPath(target) + query(asked), location.href);
      url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
      return url;
    },
    ofServer: (server: string, page: number) => get<Page<TerminalView>>(`/servers/${id(server)}/terminals${query({ page, pageSize: 8 })}`),
  },
  activity: (page: number) => get<Page<ActivityView>>(`/activity${query({ page, pageSize: 50 })}`),
  system: () => get<SystemInfo>("/system/info"),
  eventsUrl: `${API}/events`,
};
