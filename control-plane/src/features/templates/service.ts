import type { ConfigFile } from "@appos/shared/config-files";
import type { EnvEntry } from "@appos/shared/env";
import type { PageQuery } from "@appos/shared/envelope";
import type { TemplateRoute, TemplateSummary, TemplateView } from "@appos/shared/templates";
import { parse } from "yaml";
import { AppError, notFound } from "../../errors.ts";
import type { Ports } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import { bundledShelf } from "./bundled.ts";
import { checkValues, type Circumstances, envOf, filesOf, valuesOf } from "./fill-in.ts";
import type { Making } from "./generators.ts";
import type { Listed, Shelf, Shelved, TemplateQuery } from "./shelf.ts";

export type TemplateService = ReturnType<typeof templateService>;

/** What templates need to know of apps, which come after them. */
export interface MadeFromTemplates {
  /** `within`: only those of these projects. */
  counts(templateIds: string[], within?: string[]): Promise<Map<string, number>>;
  of(templateId: string, within?: string[]): Promise<{ id: string; name: string; version: string | null }[]>;
  /** The ports of the server that apps on it publish. */
  portsOn(serverId: string): Promise<Set<number>>;
}

/** What an app begins with. */
export interface Filled {
  compose: string;
  env: EnvEntry[];
  files: ConfigFile[];
  template: { id: string; version: string } | undefined;
  routes: TemplateRoute[];
}

/** A template as it is chosen: which one, and what for its inputs. */
export interface Choice {
  templateId: string;
  inputs: Record<string, string>;
}

/** For which server, reached where, and for whom a template is looked at. */
interface Viewed {
  serverId?: string | undefined;
  host?: string | undefined;
  within?: string[] | undefined;
}

const HIGHEST_PORT = 65_535;

export function templateService({ catalog, clock, settings }: Ports, others: Shelf[], apps: () => MadeFromTemplates) {
  const shelves = [bundledShelf(catalog), ...others];

  async function find(id: string): Promise<Shelved> {
    for (const shelf of shelves) {
      const found = await shelf.find(id);
      if (found) return found;
    }
    return notFound("template");
  }

  /** The shelves one after the other, as if they were one. */
  async function search(query: TemplateQuery, { page, pageSize }: PageQuery): Promise<{ items: Listed[]; total: number }> {
    const items: Listed[] = [];
    let [total, offset] = [0, (page - 1) * pageSize];
    for (const shelf of shelves) {
      const found = await shelf.search(query, Math.max(0, offset), pageSize - items.length);
      items.push(...found.items);
      total += found.total;
      offset -= found.total;
    }
    return { items, total };
  }

  /** Where apps are first reached, as far as anybody knows before they have domains. */
  async function circumstances(serverId: string | undefined, host: string | undefined): Promise<Circumstances> {
    const taken = serverId === undefined ? new Set<number>() : await apps().portsOn(serverId);
    return {
      now: clock.now(),
      address: host ?? (settings.publicUrl ? new URL(settings.publicUrl).hostname : "localhost"),
      // Of one template two inputs never get the same.
      freePort(from) {
        let port = from;
        while (taken.has(port) && port < HIGHEST_PORT) port++;
        taken.add(port);
        return port;
      },
    };
  }

  const usable = ({ listed, template }: Shelved) => {
    if (template && listed.problem === null) return template;
    throw new AppError("CONFLICT", `${listed.name} cannot be installed. ${listed.problem ?? ""}`.trim());
  };

  return {
    find,
    usable,
    circumstances,

    /** `within`: only the apps of these projects are told of. */
    async list(query: TemplateQuery, page: PageQuery, within?: string[]) {
      const { items, total } = await search(query, page);
      const counts = await apps().counts(
        items.map(({ id }) => id),
        within,
      );
      const summaries: TemplateSummary[] = items.map((listed) => ({ ...listed, installed: counts.get(listed.id) ?? 0 }));
      return pageOf(summaries, total, page);
    },

    async view(id: string, { serverId, host, within }: Viewed = {}): Promise<TemplateView> {
      const { listed, template, dangers, dropped } = await find(id);
      const made = await apps().of(id, within);
      const plain = template?.inputs.filter(({ hidden, secret }) => !hidden && !secret) ?? [];
      const values = await valuesOf(plain, new Map(), await circumstances(serverId, host));
      const suggested = plain.filter(({ generator }) => generator).flatMap(({ key }) => (values.has(key) ? [[key, values.get(key)!]] : []));
      return {
        ...listed,
        installed: made.length,
        apps: made,
        about: template?.about ?? null,
        notes: template?.notes ?? null,
        links: template?.links ?? {},
        arch: template?.arch ?? [],
        diskMiB: template?.requirements?.diskMiB ?? null,
        inputs: template?.inputs.filter(({ hidden }) => !hidden) ?? [],
        routes: template?.routes ?? [],
        dataPaths: template?.dataPaths ?? [],
        files: template?.files.map(({ path }) => path) ?? [],
        services: template ? servicesOf(template.compose) : [],
        compose: template?.compose ?? "",
        dangers,
        accepted: template?.accepted ?? [],
        dropped,
        suggested: Object.fromEntries(suggested),
      };
    },

    /** What an app is made of: the compose file to the letter, a value for every input, and the files. Secrets are made here, once. */
    async fill(
      { templateId, inputs }: Choice,
      serverId: string,
      reachedBy: (routes: TemplateRoute[]) => Making["domain"],
    ): Promise<Filled> {
      const template = usable(await find(templateId));
      const given = new Map(Object.entries(inputs));
      const { id, version, compose, routes } = template;
      const values = await valuesOf(template.inputs, given, { ...(await circumstances(serverId, undefined)), domain: reachedBy(routes) });
      checkValues(template.inputs, given, values);
      return { compose, env: envOf(template.inputs, values), files: filesOf(template.files, values), template: { id, version }, routes };
    },

    /** What version of each is offered now. */
    async versions(ids: string[]): Promise<Map<string, string>> {
      if (ids.length === 0) return new Map();
      const found = await Promise.all(shelves.map((shelf) => shelf.versions(ids)));
      return new Map(found.flatMap((versions) => [...versions]));
    },
  };
}

function servicesOf(compose: string): TemplateView["services"] {
  const { services = {} } = parse(compose, { merge: true }) as { services?: Record<string, { image?: unknown } | null> };
  return Object.entries(services).map(([name, service]) => ({ name, image: String(service?.image ?? "") }));
}
