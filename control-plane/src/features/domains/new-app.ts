import type { AppDomain } from "@appos/shared/app-domain";
import type { TemplateRoute } from "@appos/shared/templates";
import { AppError } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Ports, Statement } from "../../ports.ts";
import type { AppRow } from "../apps/service.ts";
import type { ServerRow } from "../servers/service.ts";
import { checkService, composeServices } from "./compose-services.ts";
import { urlOf } from "./domain-view.ts";
import { checkKnown, checkModel } from "./model.ts";
import { optionsFrom, usual, withoutPasswords } from "./name-options.ts";
import { withDnsProof } from "./dns-proof.ts";
import { withName, writesOf } from "./names.ts";
import { withCertificate } from "./own-certificate.ts";
import type { domainStore, NameSettings } from "./store.ts";
import { modelFor, type Sources, type tellServer, unchanged } from "./tell-server.ts";
import type { Asking } from "./who-asks.ts";

interface Around {
  store: ReturnType<typeof domainStore>;
  tell: ReturnType<typeof tellServer>;
  sources: Sources;
  areFree(name: Omit<NameSettings, "aliasOf">, of: { asking: Asking; projectId: string | null }): Promise<void>;
}

/** What an app is to be made of. */
interface NewApp {
  name: string;
  compose: string;
  /** Where its template says that it is reached. */
  routes: Route[];
  server: ServerRow;
  projectId: string | null;
}
type Route = Pick<TemplateRoute, "service" | "port" | "primary" | "publishedAs">;

/** A domain of an app that is only being made. It is written together with its app, and its server is told right after. */
export function domainsOfNewApps({ clock, log }: Pick<Ports, "clock" | "log">, { store, tell, sources, areFree }: Around) {
  return {
    reachedBy,
    comparable,

    /** Refuses what could not be served, before anything is written. */
    async check(domain: AppDomain, app: NewApp, asking: Asking) {
      const { domain: name, path, service: _, port: __, ...given } = domain;
      const target = targetOf(domain, app);
      const id = newId("dom", clock);
      const settings = { ...usual, ...(await optionsFrom(given))(null), name };
      /** What is written with the app. */
      const prepare = async (appId: string) => {
        const known = { before: undefined, given, projectId: app.projectId, sees: asking.sees, ...sources };
        const wanted = await withDnsProof(await withCertificate({ ...settings, appId }, known), known);
        await areFree(wanted, { asking, projectId: app.projectId });
        const served = await store.served(app.server.id);
        const after = withName(served.names, wanted);
        const row = { id, name, path, ...target, createdAt: clock.now() };
        const sites = { names: after.names, domains: [...served.domains, row] };
        const { model } = await modelFor(sources, served, { after: sites }, { id: appId, name: app.name });
        checkModel(model, app.server.name);
        checkKnown(model, app.server);
        return (jobId: string): Statement[] => [...writesOf(store, after, jobId), store.insert(row, jobId), store.toTell(app.server.id)];
      };
      await prepare("");
      return { id, prepare };
    },

    /** Tells its server. Where that cannot be now, the domain says so, and it is tried again. */
    async tell(server: ServerRow, { id }: Pick<AppRow, "id">, domain: AppDomain, { actor }: Pick<Asking, "actor">) {
      const subject = urlOf({ name: domain.domain, path: domain.path, https: domain.https ?? usual.https });
      try {
        const act = { actor, action: "add-domain", subject, appId: id };
        await tell({ server, act }, (served) => (served.proxy?.due ? unchanged(served) : undefined));
      } catch (error) {
        if (!(error instanceof AppError)) log.warn("a server was not told of a new app's domain", { error: String(error) });
        else await store.batch([store.owed(server.id, error.message)]);
      }
    },
  };
}

/** What a template is told of the domain that its app begins with. */
const reachedBy = (domain: AppDomain | undefined) => (routes: readonly Route[]) =>
  domain && {
    name: domain.domain,
    url: urlOf({ name: domain.domain, path: domain.path, https: domain.https ?? usual.https }),
    insteadOf: routeFor(routes, domain)?.publishedAs,
  };

/** Passwords are no part of what is compared. */
const comparable = ({ domain, path, service, port, ...given }: AppDomain) => ({
  domain,
  path,
  service,
  port,
  ...withoutPasswords(given),
});

/** Which of a template's routes a domain is for: what it names, else what people open. */
const routeFor = <T extends Route>(routes: readonly T[], { service, port }: Pick<AppDomain, "service" | "port">): T | undefined => {
  const named = routes.filter((route) => (service ?? route.service) === route.service && (port ?? route.port) === route.port);
  return named.find(({ primary }) => primary) ?? named[0];
};

/** Where it leads: as is said, as its template says, or to the only port that its compose file names. */
function targetOf({ service, port }: AppDomain, { name, compose, routes }: NewApp): { service: string; port: number } {
  const there = composeServices(compose);
  if (service !== undefined) checkService(service, there, name, "domain.service");
  const route = routeFor(routes, { service, port });
  if (route) return { service: route.service, port: route.port };
  if (service !== undefined && port !== undefined) return { service, port };
  const asked = there?.filter(({ name: each }) => (service ?? each) === each) ?? [];
  const listening = asked.length === 1 ? asked : asked.filter(({ ports }) => ports.length > 0);
  const [only] = listening;
  const which = port ?? (only?.ports.length === 1 ? only.ports[0] : undefined);
  if (only && listening.length === 1 && which !== undefined) return { service: only.name, port: which };
  throw unclear(
    service ?? (listening.length === 1 ? only?.name : undefined),
    only?.ports ?? [],
    there?.map((each) => each.name),
  );
}

function unclear(service: string | undefined, ports: number[], services: string[] | undefined) {
  const [path, message] =
    service === undefined
      ? ["domain.service", `Say which service the domain leads to, and which port of it.${listing(services)}`]
      : ["domain.port", `Say which port of ${service} the domain leads to.${listing(ports)}`];
  return new AppError("INVALID_REQUEST", message, [{ path, message }]);
}
const listing = (names: readonly (string | number)[] = []) => (names.length > 0 ? ` There is ${names.join(", ")}.` : "");
