import type { Draft, DraftInput, Files, Found, Importer, Need } from "./importer.ts";
import { Untranslatable } from "./untranslatable.ts";
import { escaped } from "./interpolation.ts";
import { published } from "./ports.ts";
import { envKey, first, isMap, json, list, map, type Part, plain, port, slug, text, yaml } from "./reading.ts";

const names = /^(.*\/)?templates(-2\.0)?\.json$/;

/** Portainer's templates.json: versions 2 and 3, and the bare list that came before them. */
export const portainer: Importer = {
  wants: (path) => names.test(path),
  marks: (path) => names.test(path),
  needs: (files) => templatesIn(files).flatMap((template) => stackOf(template) ?? []),
  *templates(files) {
    for (const template of templatesIn(files)) {
      const title = first(template.title, template.name, template.image);
      if (title === "") continue;
      yield {
        id: title,
        name: title,
        description: plain(template.description),
        categories: list(template.categories).map(text),
        read: () => (typeOf(template) === 1 ? container(template, title) : stack(template, title, files)),
      } satisfies Found;
    }
  },
};

/** The file that is the list: the first that looks like one. */
function templatesIn(files: Files): Part[] {
  for (const [path, content] of [...files].sort(([a], [b]) => a.length - b.length)) {
    if (!path.endsWith(".json") || !content.includes('"title"')) continue;
    const root = json(content, path);
    if (Array.isArray(root)) return root.filter(isMap);
    const { version, templates } = map(root);
    if (!Array.isArray(templates)) continue;
    if (!["2", "3"].includes(text(version)))
      throw new Untranslatable(`Version ${text(version) || "?"} of Portainer's templates is not known.`);
    return templates.filter(isMap);
  }
  throw new Untranslatable("No list of Portainer templates was found.");
}

function typeOf({ type }: Part): number {
  if (type === "container" || type === undefined) return 1;
  return type === "swarm" ? 2 : type === "compose" || type === "stack" ? 3 : Number(text(type));
}

/** Where the compose file of a stack is: in a git repository. */
function stackOf(template: Part): Need | undefined {
  const { url, stackfile } = map(template.repository);
  if (![2, 3].includes(typeOf(template)) || text(url) === "" || text(stackfile) === "") return undefined;
  const file = text(stackfile).replace(/^\.?\/+/, "");
  return { path: `${text(url)}#${file}`, url: text(url), file };
}

function draftOf(template: Part, title: string): Draft {
  if (text(template.platform) === "windows") throw new Untranslatable("It runs on Windows only.");
  return {
    name: title,
    version: versionOf(text(template.image)),
    description: plain(template.description) || title,
    notes: plain(template.note) || undefined,
    categories: list(template.categories).map(text),
    links: { source: text(map(template.repository).url) || undefined },
    model: {},
    inputs: new Map(list(template.env).map(map).flatMap(inputOf)),
    routes: [],
    files: new Map(),
    hooks: [],
    dropped: new Set(template.administrator_only === true ? ["Portainer shows it to administrators only."] : []),
  };
}

const versionOf = (image: string) => /:([^/:@]+)(@|$)/.exec(image)?.[1] ?? "latest";

/** `set` and a `type` of its own are what version 1 had in the place of `preset`. */
function inputOf(env: Part): [string, DraftInput][] {
  const name = text(env.name);
  if (name === "") return [];
  const fixed = env.preset === true || text(env.set) !== "";
  const options = list(env.select).map(map);
  const value = first(env.set, env.default, options.find((option) => option.default === true)?.value);
  return [
    [
      envKey(name),
      {
        label: first(env.label, name),
        help: plain(env.description) || undefined,
        type: options.length > 0 ? "select" : "text",
        hidden: fixed,
        required: false,
        default: value,
        options:
          options.length > 0
            ? options.map((option) => ({ value: text(option.value), label: first(option.text, option.value) }))
            : undefined,
      },
    ],
  ];
}

function container(template: Part, title: string): Draft {
  const draft = draftOf(template, title);
  const name = slug(first(template.name, title));
  const registry = text(template.registry);
  const ports = list(template.ports).map((entry) => text(isMap(entry) ? Object.values(entry)[0] : entry).trim());
  const mode = text(template.network);
  const restart = first(template.restart_policy, "always");
  const service: Part = {
    image: escaped(`${registry && registry !== "docker.io" ? `${registry}/` : ""}${text(template.image)}`),
    command: escaped(text(template.command)) || undefined,
    hostname: escaped(text(template.hostname)) || undefined,
    environment: Object.fromEntries(list(template.env).map((env) => [text(map(env).name), `\${${envKey(text(map(env).name))}}`])),
    ports: ports.filter(Boolean),
    volumes: list(template.volumes).flatMap((volume) => mountOf(volume)),
    extra_hosts: list(template.hosts).map((host) => escaped(text(host))),
    privileged: template.privileged === true || undefined,
    stdin_open: template.interactive === true || undefined,
    tty: template.interactive === true || undefined,
    restart,
    network_mode: mode === "host" || mode === "none" ? mode : undefined,
  };
  const kept = Object.entries(service).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0));
  draft.model = { services: { [name]: Object.fromEntries(kept) } };
  if (list(template.labels).length > 0) draft.dropped.add("Its labels were left out.");
  if (mode !== "" && !["host", "none", "bridge"].includes(mode)) draft.dropped.add(`The network ${mode} was left out.`);
  // What is published without saying for what is a web page, as a rule.
  const tcp = ports.map(published).find(({ protocol, target }) => protocol === "tcp" && port(target) !== undefined);
  if (tcp) draft.routes.push({ service: name, port: port(tcp.target)!, primary: true, from: port(tcp.host) });
  return draft;
}

/** A path alone in version 1; without a place on the host Portainer makes a volume that nobody finds again. */
function mountOf(volume: unknown): string[] {
  if (typeof volume === "string") return [escaped(volume)];
  const { container, bind, readonly } = map(volume);
  if (text(container) === "") return [];
  const source = text(bind).replace(/^!/, "./");
  return [escaped(source === "" ? text(container) : `${source}:${text(container)}${readonly === true ? ":ro" : ""}`)];
}

function stack(template: Part, title: string, files: Files): Draft {
  const type = typeOf(template);
  if (type !== 2 && type !== 3) throw new Untranslatable(`Portainer's type ${text(template.type)} is not known.`);
  const need = stackOf(template);
  if (!need) throw new Untranslatable("It names no repository with a compose file.");
  const file = files.get(need.path);
  if (file === undefined) throw new Untranslatable(`Its compose file, ${need.file} of ${need.url}, could not be fetched.`);
  const draft = draftOf(template, title);
  draft.model = yaml(file, need.file!);
  draft.version = "latest";
  if (type === 2) draft.dropped.add("It was written for a swarm: its services run on one server here.");
  for (const [service, definition] of Object.entries(map(draft.model.services))) {
    const tcp = list(map(definition).ports)
      .map(published)
      .find(({ protocol, target }) => protocol === "tcp" && port(target) !== undefined);
    if (tcp) draft.routes.push({ service, port: port(tcp.target)!, from: port(tcp.host) });
  }
  draft.routes.splice(1);
  return draft;
}
