import type { ChangeDomain, DomainQuery, DomainView, NewDomain } from "@appos/shared/domains";
import type { Page } from "@appos/shared/envelope";
import { AppError, notFound } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Ports } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { ActivityService, Actor } from "../activity/service.ts";
import type { AppRow, AppService } from "../apps/service.ts";
import type { CertificateService } from "../certificates/service.ts";
import type { ConfigService } from "../configs/service.ts";
import type { DnsProviderService } from "../dns-providers/service.ts";
import type { Job, JobService, Settled } from "../jobs/service.ts";
import type { ServerService } from "../servers/service.ts";
import { addressStore } from "./address-store.ts";
import { addressDomains } from "./addresses.ts";
import { checkService, composeServices } from "./compose-services.ts";
import { consoleAddresses } from "./console-address.ts";
import { diagnosing } from "./diagnose.ts";
import { withDnsProof } from "./dns-proof.ts";
import { withCertificate } from "./own-certificate.ts";
import { domainViews, urlOf } from "./domain-view.ts";
import { optionsFrom, sameOptions, settingsOf, usual, withoutPasswords } from "./name-options.ts";
import { nameTaken, type NamesAfter, partnerOf, withName, writesOf } from "./names.ts";
import { domainsOfNewApps } from "./new-app.ts";
import { proxyService } from "./proxies.ts";
import { domainStore, type Listed, type NameSettings, type Served } from "./store.ts";
import { uptimes } from "./uptimes.ts";
import { type Change, tellServer, type Telling } from "./tell-server.ts";
import type { Asking } from "./who-asks.ts";
import { checkWildcards, consoleName } from "./wildcards.ts";

/** Who asks for a name, and for which app. */
export interface Claiming {
  asking: Pick<Asking, "consoleUrl" | "sees" | "administers">;
  before?: NameSettings | undefined;
  projectId: string | null;
}

export type { Asking } from "./who-asks.ts";
export type DomainService = ReturnType<typeof domainService>;

export function domainService(
  ports: Ports,
  servers: ServerService,
  jobs: JobService,
  configs: ConfigService,
  apps: AppService,
  activity: ActivityService,
  certificates: CertificateService,
  dnsProviders: DnsProviderService,
) {
  const { database, clock, events } = ports;
  const store = domainStore(database);
  const sources = { apps, certificates, dnsProviders };
  const tell = tellServer(store, jobs, sources);
  const viewsOf = domainViews({ store, servers, jobs, apps });
  const find = async (id: string): Promise<Listed> => (await store.find(id)) ?? notFound("domain");
  const view = async (id: string, within?: string[]) => (await viewsOf([await find(id)], within))[0]!;
  const changed = (ids: string[]) => ids.forEach((id) => events.publish({ type: "domain.changed", id }));
  const { named } = addressStore(database);
  const console = consoleAddresses(ports, { store, tell, servers, jobs, apps, named });
  const consoles = async (consoleUrl: string) => [consoleName(consoleUrl), (await console.current())?.name];
  const addresses = addressDomains(ports, { store, tell, servers, jobs, consoles });
  const proxies = proxyService(ports, { store, tell, servers, sources, activity, changed, ownAddress: console.current, addresses });

  /** A name can be had that is nobody else's, and not the console's either. */
  async function areFree(settings: Omit<NameSettings, "aliasOf">, { asking, ...of }: Claiming) {
    const { name, appId, www } = settings;
    const own = await consoles(asking.consoleUrl);
    const wanted = [name, (www && partnerOf(name)) || []].flat();
    const owners = new Map((await store.owners(wanted)).map((owner) => [owner.name, owner.appId]));
    const addressed = (await named(wanted)).map((row) => row.name);
    for (const each of wanted) {
      const path = each === name ? "domain" : "www";
      const owner = owners.get(each);
      if (owner === appId) continue;
      if (own.includes(each)) throw nameTaken(path, `${each} is the console's own address. Choose another name.`);
      if (addressed.includes(each)) throw nameTaken(path, `${each} leads somewhere already.`);
      if (owner === undefined) continue;
      const app = await apps.named(owner);
      const known = app && asking.sees(app.projectId);
      throw nameTaken(path, known ? `${each} leads to the app ${app.name} already.` : `${each} leads to another app already.`);
    }
    const newNames = wanted.filter((each) => !owners.has(each));
    await checkWildcards(settings, newNames, { ...of, asking, consoles: own, apps, store, addresses });
  }

  /** Another service is most likely a slip of the pen; where nobody can tell which there are, its server will say. */
  async function hasService({ id, name, version }: Pick<AppRow, "id" | "name" | "version">, service: string) {
    checkService(service, composeServices((await configs.content(id, version)).compose), name);
  }

  const writes = (names: NamesAfter, jobId: string) => writesOf(store, names, jobId);

  /** Tells the server of a domain's app of a change of that domain, as it is by then. */
  async function change(
    { domain, name }: Listed,
    action: string,
    actor: Actor,
    make: (served: Served, now: { domain: Served["domains"][number]; name: NameSettings }) => Promise<Change> | Change,
  ): Promise<Job> {
    const app = await apps.find(name.appId);
    const server = await servers.find(app.serverId);
    const act = { actor, action, subject: urlOf({ ...domain, https: name.https }), appId: app.id };
    const job = await tell({ server, act }, (served) => {
      const now = served.domains.find(({ id }) => id === domain.id) ?? notFound("domain");
      return make(served, { domain: now, name: settingsOf(served.names.find((each) => each.name === now.name)!) });
    });
    return job!;
  }

  const diagnose = diagnosing(ports, servers);

  return {
    view,
    /** Why it is not reached, looked at now. */
    diagnose: async (id: string, within?: string[]) => diagnose(await view(id, within)),
    async list(asked: DomainQuery & { within?: string[] | undefined }): Promise<Page<DomainView>> {
      return pageOf(await viewsOf(await store.list(asked, asked), asked.within), await store.count(asked), asked);
    },

    async add({ domain: name, app: idOrName, path, service, port, ...given }: NewDomain, { actor, key, ...asking }: Asking) {
      const app = await apps.find(idOrName);
      const asked = { addDomain: name, app: app.id, path, service, port, ...withoutPasswords(given) };
      const added = async () => {
        const there = await store.findAt(name, path);
        // It may have been added by the same request long ago, and be another app's by now.
        return there?.name.appId === app.id ? (await viewsOf([there], asking.within))[0]! : notFound("domain");
      };
      const earlier = await jobs.earlier(actor, key, asked);
      if (earlier) return added();
      await apps.notRemoving(app);
      await hasService(app, service);
      const server = await servers.find(app.serverId);
      const act = { actor, action: "add-domain", subject: urlOf({ name, path, https: given.https ?? usual.https }), appId: app.id };
      const domain = { id: newId("dom", clock), name, path, service, port, createdAt: clock.now() };
      const telling: Telling = { server, act, key, asked };
      const options = await optionsFrom(given);
      await tell(telling, async (served) => {
        const { id: appId, projectId } = await apps.find(app.id);
        const before = served.names.find((each) => each.name === name && each.appId === appId);
        const all = { ...usual, ...(before && settingsOf(before)), ...options(before?.access ?? null), name, appId };
        const known = { before, given, projectId, sees: asking.sees, ...sources };
        const wanted = await withDnsProof(await withCertificate(all, known), known);
        await areFree(wanted, { asking, before, projectId });
        const after = withName(served.names, wanted);
        if (served.domains.some((other) => other.name === name && other.path === path))
          throw nameTaken("domain", `${urlOf({ name, path, https: "acme" })} leads to ${app.name} already. Change that one.`);
        // The name is written anew only where it is another than it was: its other paths are served as they are.
        const claims = before && sameOptions(before, after.claimed[0]!) ? { ...after, claimed: [], released: [] } : after;
        return {
          after: { names: after.names, domains: [...served.domains, domain] },
          statements: (jobId) => [...writes(claims, jobId), store.insert(domain, jobId)],
        };
      });
      changed([domain.id]);
      return added();
    },

    async change(id: string, { service, port, ...given }: ChangeDomain, { actor, within, ...asking }: Omit<Asking, "key">) {
      const listed = await find(id);
      if (service !== undefined) await hasService(await apps.find(listed.name.appId), service);
      const options = await optionsFrom(given);
      const action = given.access === undefined ? "change-domain" : "change-domain-access";
      await change(listed, action, actor, async (served, now) => {
        const target = { service: service ?? now.domain.service, port: port ?? now.domain.port };
        const other = options(now.name.access);
        const isOther = Object.keys(other).length > 0;
        const { projectId } = await apps.find(now.name.appId);
        const all = { ...now.name, ...other };
        const known = { before: now.name, given, projectId, sees: asking.sees, ...sources };
        const wanted = await withDnsProof(await withCertificate(all, known), known);
        if (isOther) await areFree(wanted, { asking, before: now.name, projectId });
        const after = withName(served.names, wanted);
        const domains = served.domains.map((each) => (each.id === id ? { ...each, ...target } : each));
        return {
          after: { names: after.names, domains },
          statements: (jobId) => [...(isOther ? writes(after, jobId) : []), store.change(id, target, jobId)],
        };
      });
      changed(await store.domainsOf([listed.domain.name]));
      return view(id, within);
    },

    /** With its last path a name is free for anybody. */
    async remove(id: string, actor: Actor): Promise<Job> {
      const job = await change(await find(id), "remove-domain", actor, (served, now) => {
        const domains = served.domains.filter((each) => each.id !== id);
        const isLast = !domains.some(({ name }) => name === now.name.name);
        const isOf = ({ name, aliasOf }: NameSettings) => isLast && (name === now.name.name || aliasOf === now.name.name);
        const released = served.names.filter(isOf).map(({ name }) => name);
        return {
          after: { names: served.names.filter((each) => !isOf(each)), domains },
          statements: () => [store.remove(id), ...(isLast ? [store.release(released)] : [])],
        };
      });
      events.publish({ type: "domain.removed", id });
      return job;
    },

    /** Asks its server once more to serve it, and to get its certificate. */
    async applyAgain(id: string, actor: Actor, within?: string[]): Promise<{ domain: DomainView; job: Job }> {
      const listed = await find(id);
      const job = await change(listed, "apply-domain", actor, (served, now) => ({
        after: served,
        statements: (jobId) => [store.claim(now.name, jobId)],
      }));
      changed(await store.domainsOf([listed.domain.name]));
      return { domain: await view(id, within), job };
    },

    ofNewApps: domainsOfNewApps(ports, { store, tell, sources, areFree }),
    proxies,
    console,
    addresses,
    uptime: uptimes(ports, store),

    /** With an app go its domains; its server is told where there were any. */
    appRemoved: (async ({ appId, serverId, state }) => {
      if (!appId || state !== "succeeded") return;
      const names = (await store.ofApp(appId)).map(({ name }) => name);
      if (names.length === 0) return;
      const ids = await store.domainsOf(names);
      try {
        const server = await servers.find(serverId);
        const act = { actor: null, action: "remove-domains", subject: names.join(", ").slice(0, 500), appId };
        await tell({ server, act }, (served) => {
          const left = served.names.filter((each) => each.appId !== appId);
          const domains = served.domains.filter(({ name }) => left.some((each) => each.name === name));
          return { after: { names: left, domains }, statements: () => store.removeOfApp(appId) };
        });
      } catch (error) {
        // The server is gone, or takes no such orders now: what is no longer there leads nowhere all the same.
        if (!(error instanceof AppError)) throw error;
        await store.batch([...store.removeOfApp(appId), store.owed(serverId, error.message)]);
      }
      for (const id of ids) events.publish({ type: "domain.removed", id });
    }) satisfies Settled,
  };
}
