import { readToml } from "./dokploy-toml.ts";
import { dokployWords } from "./dokploy-words.ts";
import type { Draft, DraftInput, Files, Importer, Need } from "./importer.ts";
import { Untranslatable } from "./untranslatable.ts";
import { mapTexts } from "./interpolation.ts";
import { envKey, first, isMap, json, list, map, type Part, plain, port, text, yaml } from "./reading.ts";

const place = /^blueprints\/([^/]+)\/(docker-compose\.ya?ml|template\.toml|meta\.json|instructions\.md)$/;

/** Dokploy's blueprints: a compose file, and a TOML file whose helpers become generators. */
export const dokploy: Importer = {
  wants: (path) => place.test(path) || path === "meta.json",
  marks: (path) => path === "meta.json" || /^blueprints\/[^/]+\/template\.toml$/.test(path),
  needs: neededFiles,
  *templates(files) {
    for (const [id, about] of listed(files)) {
      const description = plain(about.description);
      const categories = list(about.tags).map(text);
      yield { id, name: first(about.name, id), description, categories, read: () => read(id, about, files) };
    }
  },
};

/** Those that the list names, and those that are there. */
function listed(files: Files): Map<string, Part> {
  const all = new Map<string, Part>();
  const root = files.get("meta.json");
  if (root !== undefined)
    for (const each of list(json(root, "meta.json")).map(map)) if (/^[\w.-]+$/.test(text(each.id))) all.set(text(each.id), each);
  for (const path of files.keys()) {
    const id = place.exec(path)?.[1];
    if (id === undefined || all.has(id)) continue;
    const meta = files.get(`blueprints/${id}/meta.json`);
    all.set(id, meta === undefined ? {} : map(json(meta, "meta.json")));
  }
  return all;
}

/** Where only the list was fetched, the blueprints lie beside it. */
function neededFiles(files: Files): Need[] {
  const base = files.get("\0base");
  if (base === undefined) return [];
  return [...listed(files).keys()].flatMap((id) =>
    ["docker-compose.yml", "template.toml"].map((file) => ({
      path: `blueprints/${id}/${file}`,
      url: new URL(`blueprints/${id}/${file}`, base).href,
    })),
  );
}

function read(id: string, about: Part, files: Files): Draft {
  const folder = `blueprints/${id}`;
  const compose = files.get(`${folder}/docker-compose.yml`) ?? files.get(`${folder}/docker-compose.yaml`);
  if (compose === undefined) throw new Untranslatable("Its docker-compose.yml could not be found.");
  const { root, mended } = readToml(files.get(`${folder}/template.toml`) ?? "");
  const config = map(root.config);
  const domains = list(config.domains).map(map);
  const model = yaml(compose, "docker-compose.yml");
  const services = map(model.services);
  const links = map(about.links);
  const draft: Draft = {
    name: first(about.name, id),
    version: first(about.version, "latest"),
    description: first(plain(about.description), id),
    notes: plain(files.get(`${folder}/instructions.md`)) || undefined,
    categories: list(about.tags).map(text),
    links: { website: text(links.website), source: text(links.github), docs: text(links.docs) },
    model: mapTexts(model, (line) => line.replace(/^(\.\/)?\.\.\/files(\/|:|$)/, "./files$2")),
    inputs: new Map(),
    routes: [],
    files: new Map(),
    hooks: [],
    dropped: new Set(mended ? ["Its template.toml is not quite TOML. It was read for what it means."] : []),
  };
  const env = environmentOf(config, domains);
  const variables = new Map(Object.entries({ APP_NAME: id, ...map(root.variables) }).map(([key, value]) => [key, text(value)]));
  for (const [at, domain] of domains.entries()) {
    const inside = port(domain.port);
    const service = serviceOf(text(domain.serviceName), services);
    if (inside === undefined || service === undefined)
      draft.dropped.add(`A domain of ${text(domain.serviceName) || "no service"} was left out: it names no port or no service.`);
    else
      draft.routes.push({
        service,
        port: inside,
        path: text(domain.path) || undefined,
        primary: at === 0,
        key: at === 0 ? "HTTP_PORT" : `HTTP_PORT_${at + 1}`,
      });
  }
  draft.dotenv = [...env.keys()].map(envKey);
  const words = dokployWords(
    variables,
    draft.inputs,
    (name) => env.has(name),
    () => draft.routes[0]?.key,
  );
  for (const route of draft.routes)
    for (const domain of domains)
      if (serviceOf(text(domain.serviceName), services) === route.service && port(domain.port) === route.port)
        words.leadsTo(text(domain.host), route.key!);
  for (const [key, value] of env) draft.inputs.set(envKey(key), asInput(key, value, words.joined, draft));
  for (const mount of list(config.mounts).map(map)) {
    const path = text(mount.filePath).replace(/^[./]+/, "");
    if (path === "") draft.dropped.add("A mount without a path was left out.");
    else draft.files.set(`files/${path}`, { content: words.joined(text(mount.content), envKey(path).toUpperCase()), fill: true });
  }
  return draft;
}

/** A name that no service has, where there is but one, means that one. */
function serviceOf(name: string, services: Part): string | undefined {
  if (name in services) return name;
  const all = Object.keys(services);
  return all.length === 1 ? all[0] : undefined;
}

/** A table, or a list of `KEY=value` and of tables; some have it among their domains. */
function environmentOf(config: Part, domains: Part[]): Map<string, string> {
  const all = new Map<string, string>();
  for (const given of [config.env, ...domains.map(({ env }) => env)]) {
    if (isMap(given)) for (const [key, value] of Object.entries(given)) all.set(key, text(value));
    for (const entry of Array.isArray(given) ? list(given) : []) {
      const found = typeof entry === "string" ? /^([^=]+?)\s*=([^]*)$/.exec(entry) : null;
      if (found) all.set(found[1]!.trim(), found[2]!.trim().replace(/^(["'])([^]*)\1$/, "$2"));
      else if (isMap(entry))
        for (const [key, value] of Object.entries("key" in entry ? { [text(entry.key)]: entry.value } : entry)) all.set(key, text(value));
    }
  }
  return all;
}

function asInput(key: string, value: string, joined: (value: string, base: string) => string, draft: Draft): DraftInput {
  const unknown = [...value.matchAll(/\$\{([^${}]+)\}/g)].filter(([, word]) =>
    /^(password|base64|hash|uuid|jwt|random|domain)/.test(word!),
  );
  if (!value.includes("$")) return { label: key, default: value, required: false };
  const text = joined(value, `${envKey(key).toUpperCase()}_MADE`);
  if (unknown.some(([raw]) => text.includes(`$${raw}`)))
    throw new Untranslatable(`It asks for ${unknown[0]![0]}, which is no helper that AppOS knows.`);
  if (/\$\$\{/.test(text)) draft.dropped.add(`${key} refers to what Dokploy does not know either: it stands there as it is.`);
  return { label: key, hidden: true, generator: { kind: "text", value: text } };
}
