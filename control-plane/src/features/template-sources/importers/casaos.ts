import type { Draft, DraftInput, Importer } from "./importer.ts";
import { mapTexts, replaceVariables, withDefaults } from "./interpolation.ts";
import { published } from "./ports.ts";
import { first, inEnglish, list, map, type Part, plain, port, slug, text, yaml } from "./reading.ts";

const place = /^Apps\/([^/]+)\/docker-compose\.ya?ml$/;

/** CasaOS's store: compose, with x-casaos at its top and in each service. */
export const casaos: Importer = {
  wants: (path) => place.test(path),
  marks: (path) => place.test(path),
  *templates(files) {
    for (const [path, content] of files) {
      const id = place.exec(path)?.[1];
      if (id !== undefined) yield { id, read: () => read(id, content, path) };
    }
  },
};

function read(id: string, content: string, path: string): Draft {
  const root = yaml(content, path);
  const about = map(root["x-casaos"]);
  const appId = first(root.name, slug(id));
  const shared = new Set<string>();
  // Its apps keep their data in one place, and share the rest of /DATA.
  const place = (line: string) =>
    replaceVariables(line, ({ name }) => (name === "AppID" ? appId : undefined)).replace(/(^|:)\/DATA\/AppData\/[^/:]+/g, "$1./data");
  const model = mapTexts(root, place);
  const services = map(model.services);
  const main = first(about.main, Object.keys(services)[0]);
  for (const service of Object.values(services).map(map))
    for (const mount of list(service.volumes)) {
      const source = typeof mount === "string" ? mount : text(map(mount).source);
      if (source.startsWith("/DATA/")) shared.add(source.split(":")[0]!);
    }
  const draft: Draft = {
    name: first(inEnglish(about.title), id),
    version: first(about.version, tagOf(map(services[main]))) || "1",
    description: first(inEnglish(about.tagline), inEnglish(about.description), id),
    about: plain(inEnglish(about.description)) || undefined,
    notes: plain(inEnglish(map(about.tips).before_install ?? map(about.tips).custom)) || undefined,
    categories: list(about.category).map(text),
    links: { website: text(about.website), source: text(about.repo), docs: text(about.docs) },
    arch: list(about.architectures).map(text),
    model,
    inputs: inputsOf(services),
    routes: routesOf(about, services, main),
    files: new Map(),
    hooks: [],
    dropped: new Set([...shared].map((folder) => `The folder ${folder}, which the apps of CasaOS share, is not there.`)),
  };
  return draft;
}

const tagOf = ({ image }: Part) => /:([\w.-]+)(@|$)/.exec(text(image))?.[1] ?? "";

function routesOf({ port_map, index }: Part, services: Part, main: string): Draft["routes"] {
  const all = list(map(services[main]).ports)
    .map(published)
    .filter(({ protocol }) => protocol === "tcp");
  const wanted = text(port_map);
  const found = all.find(({ host }) => (withDefaults(host) ?? host) === wanted) ?? all[0];
  const inside = port(found?.target);
  return inside === undefined ? [] : [{ service: main, port: inside, path: text(index), primary: true, from: port(wanted) }];
}

/** What x-casaos says of a service's variables and of its mounts. */
function inputsOf(services: Part): Map<string, DraftInput> {
  const inputs = new Map<string, DraftInput>();
  for (const service of Object.values(services).map(map))
    for (const env of list(map(service["x-casaos"]).envs).map(map)) {
      const help = plain(inEnglish(env.description));
      const name = text(env.container);
      const variable = /^\$\{?(\w+)/.exec(text(map(service.environment)[name]))?.[1];
      if (variable && help !== "" && !["TZ", "PUID", "PGID"].includes(variable)) inputs.set(variable, { label: help.slice(0, 120) });
    }
  return inputs;
}
