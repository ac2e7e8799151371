import type { FoundProjectView } from "@appos/shared/adoption";
import type { ActivityView } from "@appos/shared/activity";
import type { AppQuery, AppView, ChangeApp, NewApp, ServiceState } from "@appos/shared/apps";
import type { ChangePassword, ChangeUser, Login, Me, NewToken, NewUser, ProjectRole, Setup, TokenView, UserView } from "@appos/shared/auth";
import type { ConfigFile } from "@appos/shared/config-files";
import type { ConfigComparison, ConfigVersion, ConfigVersionSummary, SaveCompose, SaveConfig } from "@appos/shared/configs";
import type { DeploymentView, StartDeployment } from "@appos/shared/deployments";
import type { CertificateView, NewCertificate, ReplaceCertificate } from "@appos/shared/certificates";
import type { ChangeDnsProvider, DnsProviderView, NewDnsProvider } from "@appos/shared/dns-providers";
import type {
  CertificateSettings,
  ChangeDomain,
  ChangeProxy,
  ConsoleAddress,
  DomainDiagnosis,
  DomainQuery,
  DomainView,
  NewDomain,
  ProxyView,
} from "@appos/shared/domains";
import type { AdoptDrift } from "@appos/shared/drift";
import type { EnvView, RevealedEnv, RevealEnv, SaveEnv, SharedEnvView, SharedScope } from "@appos/shared/env";
import type { Failure, Page } from "@appos/shared/envelope";
import type { JobView } from "@appos/shared/jobs";
import type { AskNewPlan, AskPlan, PlanView } from "@appos/shared/plan";
import type { LogDownloadQuery, LogLine, LogPast } from "@appos/shared/logs";
import type { ChangeProject, PersonView, ProjectView } from "@appos/shared/projects";
import type { EditRegistry, NewRegistry, RegistryTest, RegistryView } from "@appos/shared/registries";
import type { SearchHit } from "@appos/shared/search";
import type { ReleaseView, RollBack } from "@appos/shared/releases";
import type { Enrollment, NewServer, ServerView, TimelineView } from "@appos/shared/servers";
import type { SystemInfo } from "@appos/shared/system";
import type {
  ChangeTemplateSource,
  ImportReportItem,
  NewTemplateSource,
  ReportQuery,
  TemplateSourceView,
} from "@appos/shared/template-sources";
import type { TemplateUpdateView, UpdateFromTemplate } from "@appos/shared/template-updates";
import type { Category, TemplateSummary, TemplateView } from "@appos/shared/templates";
import type { DomainUptime } from "@appos/shared/uptime";
import type { StartUpdate } from "@appos/shared/updates";
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
export async function call<T>(method: string, path: string, { body, key }: Request = {}): Promise<T> {
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

/** Which lines are meant: left out is what does not matter. */
export type LogsAsked = { [K in keyof LogDownloadQuery]?: LogDownloadQuery[K] | undefined };

export interface SharedEnvOf {
  scope: SharedScope;
  id: string;
}

/** What of a domain is given; what is left out is as usual, or stays. */
export type DomainAsked = Omit<NewDomain, "path"> & Partial<Pick<NewDomain, "path">>;

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
    changePassword: (changed: ChangePassword) => call<unknown>("PUT", "/auth/password", { body: changed }),
  },
  users: {
    list: () => get<Page<UserView>>("/users?pageSize=200"),
    add: (user: NewUser) => post<UserView>("/users", user),
    change: (user: string, changed: ChangeUser) => call<UserView>("PATCH", `/users/${id(user)}`, { body: changed }),
    remove: (user: string) => call<unknown>("DELETE", `/users/${id(user)}`),
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
    projects: async (server: string) => (await get<{ items: FoundProjectView[] }>(`/servers/${id(server)}/projects`)).items,
    adopt: (server: string, project: string, name: string, key: string) =>
      post<{ app: AppView; deployment: DeploymentView; notes: string[] }>(
        `/servers/${id(server)}/projects/${id(project)}/adopt`,
        { name },
        key,
      ),
    leaveProject: (server: string, project: string, leftAlone: boolean) =>
      call<unknown>("PUT", `/servers/${id(server)}/projects/${id(project)}`, { body: { leftAlone } }),
  },
  apps: {
    list: (serverId?: string) => get<Page<AppView>>(`/apps${query({ pageSize: 200, serverId })}`),
    find: (asked: Partial<AppQuery>) => get<Page<AppView>>(`/apps${query(asked)}`),
    get: (app: string) => get<AppView>(`/apps/${id(app)}`),
    create: (app: NewApp, key: string) => post<{ app: AppView; deployment: DeploymentView }>("/apps", app, key),
    deploy: (app: string, key: string, asked: StartDeployment = {}) =>
      post<{ deployment: DeploymentView }>(`/apps/${id(app)}/deploy`, asked, key),
    releases: (app: string, page: number) => get<Page<ReleaseView>>(`/apps/${id(app)}/releases${query({ page, pageSize: 10 })}`),
    rollBack: (app: string, key: string, asked: RollBack) => post<{ deployment: DeploymentView }>(`/apps/${id(app)}/rollback`, asked, key),
    adoptDrift: (app: string, key: string, asked: AdoptDrift) =>
      post<{ deployment: DeploymentView }>(`/apps/${id(app)}/drift/adopt`, asked, key),
    plan: (app: string, asked: AskPlan = {}) => post<PlanView>(`/apps/${id(app)}/plan`, asked),
    planNew: (asked: AskNewPlan) => post<PlanView>("/apps/plan", asked),
    act: (app: string, verb: AppVerb, key: string) => post<{ job: JobView }>(`/apps/${id(app)}/${verb}`, {}, key),
    checkUpdates: (app: string) => post<AppView>(`/apps/${id(app)}/updates/check`),
    update: (app: string, key: string, update: StartUpdate) =>
      post<{ deployment: DeploymentView }>(`/apps/${id(app)}/updates`, update, key),
    remove: (app: string, volumes: "keep" | "delete", key: string) =>
      call<{ job: JobView }>("DELETE", `/apps/${id(app)}?volumes=${volumes}`, { key }),
    services: (app: string) => get<{ services: ServiceState[]; observedAt: number | null }>(`/apps/${id(app)}/services`),
    versions: (app: string) => get<Page<ConfigVersionSummary>>(`/apps/${id(app)}/versions?pageSize=100`),
    version: (app: string, number: number) => get<ConfigVersion>(`/apps/${id(app)}/versions/${number}`),
    change: (app: string, changed: ChangeApp) => call<AppView>("PATCH", `/apps/${id(app)}`, { body: changed }),
    favourites: async () => (await get<{ apps: string[] }>("/apps/favourites")).apps,
    favour: async (app: string, favourite: boolean) =>
      (await call<{ apps: string[] }>(favourite ? "PUT" : "DELETE", `/apps/${id(app)}/favourite`)).apps,
    files: (app: string, number: number) => get<{ files: ConfigFile[] }>(`/apps/${id(app)}/versions/${number}/files`),
    compare: (app: string, from: number, to: number) => get<ConfigComparison>(`/apps/${id(app)}/versions/${from}/compare/${to}`),
    saveConfig: (app: string, config: Partial<SaveConfig>) => call<ConfigVersion>("PUT", `/apps/${id(app)}/config`, { body: config }),
    env: (app: string) => get<EnvView>(`/apps/${id(app)}/env`),
    saveEnv: (app: string, env: SaveEnv) => call<EnvView>("PUT", `/apps/${id(app)}/env`, { body: env }),
    revealEnv: (app: string, asked: RevealEnv) => post<RevealedEnv>(`/apps/${id(app)}/env/reveal`, asked),
    exportEnv: (app: string, asked: { password?: string }) => post<{ text: string }>(`/apps/${id(app)}/env/export`, asked),
    saveCompose: (app: string, compose: SaveCompose) => call<ConfigVersion>("PUT", `/apps/${id(app)}/compose`, { body: compose }),
    /** Why there is no log to follow, if there is an answer to that: a stream that is refused does not say. */
    logsProblem: (app: string) =>
      get(`/apps/${id(app)}/logs?tail=0`).then(
        () => undefined,
        (cause: unknown) => (asApiError(cause).code === "UNREACHABLE" ? undefined : asApiError(cause)),
      ),
    logs: (app: string, asked: LogsAsked & { tail: number }) =>
      get<LogPast & { items: LogLine[] }>(`/apps/${id(app)}/logs${query({ ...asked })}`),
    logsUrl: (app: string, asked: LogsAsked & { tail: number }) => `${API}/apps/${id(app)}/logs${query({ ...asked, follow: 1 })}`,
    logsFile: (app: string, asked: LogsAsked) => `${API}/apps/${id(app)}/logs/download${query({ ...asked })}`,
  },
  search: (q: string) => get<{ items: SearchHit[] }>(`/search${query({ q })}`),
  projects: {
    list: () => get<Page<ProjectView>>("/projects?pageSize=200"),
    get: (project: string) => get<ProjectView>(`/projects/${id(project)}`),
    add: (project: { name: string; description: string }) => post<ProjectView>("/projects", project),
    change: (project: string, changed: ChangeProject) => call<ProjectView>("PATCH", `/projects/${id(project)}`, { body: changed }),
    remove: (project: string) => call<unknown>("DELETE", `/projects/${id(project)}`),
    people: (project: string) => get<Page<PersonView>>(`/projects/${id(project)}/people?pageSize=200`),
    savePerson: (project: string, user: string, role: ProjectRole) =>
      call<PersonView>("PUT", `/projects/${id(project)}/people/${id(user)}`, { body: { role } }),
    removePerson: (project: string, user: string) => call<unknown>("DELETE", `/projects/${id(project)}/people/${id(user)}`),
  },
  /** Variables that the apps of a project or a server share. */
  sharedEnv: {
    get: (of: SharedEnvOf) => get<SharedEnvView>(`/${of.scope}s/${id(of.id)}/env`),
    save: (of: SharedEnvOf, env: SaveEnv) => call<SharedEnvView>("PUT", `/${of.scope}s/${id(of.id)}/env`, { body: env }),
    reveal: (of: SharedEnvOf, asked: RevealEnv) => post<RevealedEnv>(`/${of.scope}s/${id(of.id)}/env/reveal`, asked),
  },
  domains: {
    list: (asked: Partial<DomainQuery>) => get<Page<DomainView>>(`/domains${query(asked)}`),
    add: (domain: DomainAsked, key: string) => post<DomainView>("/domains", domain, key),
    change: (domain: string, changed: ChangeDomain) => call<DomainView>("PATCH", `/domains/${id(domain)}`, { body: changed }),
    remove: (domain: string) => call<unknown>("DELETE", `/domains/${id(domain)}`),
    uptimes: async (asked: Partial<DomainQuery>) => (await get<Page<DomainUptime>>(`/domains/uptime${query(asked)}`)).items,
    diagnose: (domain: string) => get<DomainDiagnosis>(`/domains/${id(domain)}/diagnosis`),
    /** Has its server serve it, and get its certificate, once more. */
    tryAgain: async (domain: string) => (await post<{ domain: DomainView }>(`/domains/${id(domain)}/ssl`)).domain,
  },
  certificates: {
    list: async () => (await get<Page<CertificateView>>("/certificates")).items,
    add: (given: NewCertificate) => post<CertificateView>("/certificates", given),
    replace: (which: string, given: ReplaceCertificate) => call<CertificateView>("PUT", `/certificates/${id(which)}`, { body: given }),
    remove: (certificate: string) => call<unknown>("DELETE", `/certificates/${id(certificate)}`),
  },
  dnsProviders: {
    list: async () => (await get<Page<DnsProviderView>>("/dns-providers")).items,
    add: (given: NewDnsProvider) => post<DnsProviderView>("/dns-providers", given),
    change: (which: string, given: ChangeDnsProvider) => call<DnsProviderView>("PUT", `/dns-providers/${id(which)}`, { body: given }),
    remove: (which: string) => call<unknown>("DELETE", `/dns-providers/${id(which)}`),
  },
  proxy: {
    list: async () => (await get<Page<ProxyView>>("/proxy")).items,
    reload: async (serverId: string) => (await post<{ jobs: JobView[] }>("/proxy/reload", { serverId })).jobs,
    change: (serverId: string, program: ChangeProxy) =>
      call<{ proxy: ProxyView; job: JobView | null }>("PATCH", `/proxy/${id(serverId)}`, { body: program }),
    /** The console's own address. */
    console: () => get<ConsoleAddress>("/proxy/console"),
    setConsole: (domain: string) => call<ConsoleAddress>("PUT", "/proxy/console", { body: { domain } }),
    removeConsole: () => call<ConsoleAddress>("DELETE", "/proxy/console"),
    certificates: () => get<CertificateSettings>("/proxy/certificates"),
    setCertificates: (settings: CertificateSettings) => call<CertificateSettings>("PUT", "/proxy/certificates", { body: settings }),
  },
  registries: {
    list: () => get<Page<RegistryView>>("/registries?pageSize=200"),
    add: (registry: NewRegistry) => post<RegistryView>("/registries", registry),
    change: (registry: string, changed: EditRegistry) => call<RegistryView>("PATCH", `/registries/${id(registry)}`, { body: changed }),
    remove: (registry: string) => call<unknown>("DELETE", `/registries/${id(registry)}`),
    test: (registry: string, serverId: string) => post<RegistryTest>(`/registries/${id(registry)}/test`, { serverId }),
  },
  templates: {
    list: (asked: { search?: string | undefined; category?: Category | undefined; page: number; pageSize: number }) =>
      get<Page<TemplateSummary>>(`/templates${query(asked)}`),
    get: (template: string, asked: { serverId?: string | undefined; host?: string | undefined } = {}) =>
      get<TemplateView>(`/templates/${id(template)}${query(asked)}`),
    update: (app: string) => get<TemplateUpdateView>(`/apps/${id(app)}/template-update`),
    takeOver: (app: string, update: Partial<UpdateFromTemplate>) => post<ConfigVersion>(`/apps/${id(app)}/template-update`, update),
  },
  templateSources: {
    list: () => get<Page<TemplateSourceView>>("/template-sources"),
    get: (source: string) => get<TemplateSourceView>(`/template-sources/${id(source)}`),
    report: (source: string, asked: ReportQuery & { page: number; pageSize: number }) =>
      get<Page<ImportReportItem>>(`/template-sources/${id(source)}/report${query(asked)}`),
    add: (source: Partial<NewTemplateSource> & { url: string }) => post<TemplateSourceView>("/template-sources", source),
    change: (source: string, changed: ChangeTemplateSource) =>
      call<TemplateSourceView>("PATCH", `/template-sources/${id(source)}`, { body: changed }),
    refresh: (source: string) => post<TemplateSourceView>(`/template-sources/${id(source)}/refresh`),
    refreshAll: () => post<Page<TemplateSourceView>>("/templates/refresh"),
    remove: (source: string) => call<unknown>("DELETE", `/template-sources/${id(source)}`),
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
