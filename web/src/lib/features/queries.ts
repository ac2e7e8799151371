import type { AppView } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import type { UserView } from "@appos/shared/auth";
import type { CertificateView } from "@appos/shared/certificates";
import type { DnsProviderView } from "@appos/shared/dns-providers";
import type { CertificateSettings, ConsoleAddress, DomainQuery, DomainView, ProxyView } from "@appos/shared/domains";
import type { Page } from "@appos/shared/envelope";
import type { PersonView, ProjectView } from "@appos/shared/projects";
import type { RegistryView } from "@appos/shared/registries";
import type { ServerView } from "@appos/shared/servers";
import type { DomainUptime } from "@appos/shared/uptime";
import type { ImportReportItem, ReportQuery, TemplateSourceView } from "@appos/shared/template-sources";
import type { TemplateSummary, TemplateView } from "@appos/shared/templates";
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

/** Every project. */
export const projectsQuery = (): Query<Page<ProjectView>> =>
  new Query(() => ({ key: "projects", fetch: api.projects.list, outdatedBy: ({ type }) => about(type, "project", "app") }));

/** One project, by the name or id in the address. */
export const projectQuery = (named: () => string): Query<ProjectView> =>
  new Query(() => {
    const name = named();
    return { key: `project/${name}`, fetch: () => api.projects.get(name), outdatedBy: ({ type }) => about(type, "project", "app") };
  });

/** Who is in a project. */
export const projectPeopleQuery = (projectId: () => string): Query<Page<PersonView>> =>
  new Query(() => {
    const id = projectId();
    return {
      key: `project-people/${id}`,
      fetch: () => api.projects.people(id),
      outdatedBy: (news) => news.type === "user.changed" || (news.type === "project.changed" && news.id === id),
    };
  });

/** Everybody with an account, for administrators. */
export const usersQuery = (wanted: () => boolean = () => true): Query<Page<UserView>> =>
  new Query(() => (wanted() ? { key: "users", fetch: api.users.list, outdatedBy: ({ type }) => type === "user.changed" } : undefined));

/** Logins for registries. */
export const registriesQuery = (): Query<Page<RegistryView>> =>
  new Query(() => ({ key: "registries", fetch: api.registries.list, outdatedBy: ({ type }) => about(type, "registry") }));

/** Domains that fit. How far they are depends on whether their servers are there. */
export const domainsQuery = (asked: () => Partial<DomainQuery>): Query<Page<DomainView>> =>
  new Query(() => {
    const which = asked();
    return {
      key: `domains/${JSON.stringify(which)}`,
      fetch: () => api.domains.list(which),
      outdatedBy: ({ type }) => about(type, "domain", "app") || type === "server.changed",
    };
  });

/** How domains that fit have answered. */
export const uptimesQuery = (asked: () => Partial<DomainQuery>): Query<DomainUptime[]> =>
  new Query(() => {
    const which = asked();
    return { key: `uptimes/${JSON.stringify(which)}`, fetch: () => api.domains.uptimes(which), everyMs: 5 * 60_000 };
  });

/** The proxies of all servers that have one. */
export const proxiesQuery = (): Query<ProxyView[]> =>
  new Query(() => ({
    key: "proxies",
    fetch: api.proxy.list,
    outdatedBy: ({ type }) => about(type, "domain") || type === "server.changed",
  }));

/** The console's own address. */
export const consoleAddressQuery = (): Query<ConsoleAddress> =>
  new Query(() => ({ key: "console-address", fetch: api.proxy.console, outdatedBy: ({ type }) => type === "server.changed" }));

/** Where certificates come from. */
export const certificatesQuery = (): Query<CertificateSettings> =>
  new Query(() => ({ key: "certificates", fetch: api.proxy.certificates }));

/** Those that people uploaded. */
export const ownCertificatesQuery = (open: () => boolean = () => true): Query<CertificateView[]> =>
  new Query(() =>
    open()
      ? { key: "own-certificates", fetch: api.certificates.list, outdatedBy: ({ type }) => about(type, "certificate", "domain") }
      : undefined,
  );

/** Who changes the DNS of zones for certificates. */
export const dnsProvidersQuery = (open: () => boolean = () => true): Query<DnsProviderView[]> =>
  new Query(() =>
    open()
      ? { key: "dns-providers", fetch: api.dnsProviders.list, outdatedBy: ({ type }) => about(type, "dns-provider", "domain") }
      : undefined,
  );

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

export type TemplatesAsked = Parameters<typeof api.templates.list>[0];

/** Templates that fit; what is installed of them is counted. */
export const templatesQuery = (asked: () => TemplatesAsked): Query<Page<TemplateSummary>> =>
  new Query(() => {
    const which = asked();
    return {
      key: `templates/${JSON.stringify(which)}`,
      fetch: () => api.templates.list(which),
      outdatedBy: ({ type }) => type === "app.removed" || about(type, "template", "template-source"),
    };
  });

/** One template, with what is suggested for a server. */
export const templateQuery = (asked: () => { id: string; serverId?: string | undefined } | undefined): Query<TemplateView> =>
  new Query(() => {
    const which = asked();
    if (which === undefined) return undefined;
    const { id, serverId } = which;
    return {
      key: `template/${id}/${serverId ?? ""}`,
      fetch: () => api.templates.get(id, { serverId }),
      outdatedBy: ({ type }) => type === "app.removed" || about(type, "template", "template-source"),
    };
  });

const aboutSources = ({ type }: { type: string }) => about(type, "template-source");

/** Where templates come from besides our own catalog. */
export const templateSourcesQuery = (): Query<Page<TemplateSourceView>> =>
  new Query(() => ({ key: "template-sources", fetch: api.templateSources.list, outdatedBy: aboutSources }));

export const templateSourceQuery = (id: () => string): Query<TemplateSourceView> =>
  new Query(() => {
    const source = id();
    return { key: `template-source/${source}`, fetch: () => api.templateSources.get(source), outdatedBy: aboutSources };
  });

/** What was left out of a source's templates, and what is risky. */
export const importReportQuery = (asked: () => ReportQuery & { source: string; page: number }): Query<Page<ImportReportItem>> =>
  new Query(() => {
    const { source, show, page } = asked();
    return {
      key: `import-report/${source}/${show}/${page}`,
      fetch: () => api.templateSources.report(source, { show, page, pageSize: 50 }),
      outdatedBy: aboutSources,
    };
  });
