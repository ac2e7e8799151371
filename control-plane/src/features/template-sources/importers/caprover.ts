import type { Draft, DraftInput, Importer } from "./importer.ts";
import { Untranslatable } from "./untranslatable.ts";
import { escaped, mapTexts } from "./interpolation.ts";
import { readEnvironment } from "./environment.ts";
import { first, isMap, list, map, type Part, plain, port, slug, text, yaml } from "./reading.ts";

const place = /^(?:public\/v[24]\/apps|apps)\/([^/]+)\.ya?ml$/;
/** What CapRover reads of a service, and what newer ones do. */
const honoured = ["image", "environment", "ports", "volumes", "depends_on", "restart", "hostname", "command", "cap_add", "caproverExtra"];

/** CapRover's one-click apps: compose with `$$cap_…` in the place of what is asked. */
export const caprover: Importer = {
  wants: (path) => place.test(path),
  marks: (path) => /^public\/v[24]\/apps\/[^/]+\.ya?ml$/.test(path),
  *templates(files) {
    for (const [path, content] of files) {
      const id = place.exec(path)?.[1];
      if (id !== undefined) yield { id, read: () => read(id, content, path) };
    }
  },
};

function read(id: string, content: string, path: string): Draft {
  const root = yaml(content, path);
  const version = text(root.captainVersion);
  if (version !== "4") throw new Untranslatable(`Version ${version || "?"} of CapRover's templates is not known: AppOS reads version 4.`);
  const about = map(root.caproverOneClickApp);
  const name = slug(id);
  const inputs = new Map<string, DraftInput>();
  const { start, end } = map(about.instructions);
  const draft: Draft = {
    name: first(about.displayName, id),
    version: "1",
    description: plain(about.description) || plain(start) || id,
    notes: withoutMarks(plain(end)) || undefined,
    categories: [],
    links: { website: text(about.documentation).match(/https?:\/\/[^\s)"']+/)?.[0] },
    model: {},
    inputs,
    routes: [],
    files: new Map(),
    hooks: [],
    dropped: new Set(about.isOfficial === true || text(about.isOfficial) === "true" ? [] : ["CapRover does not call it official."]),
  };
  for (const variable of list(about.variables).map(map)) inputs.set(keyOf(text(variable.id)), inputOf(variable, words));
  const services = map(root.services);
  const named = Object.fromEntries(Object.entries(services).map(([key, service]) => [nameOf(key), map(service)]));
  draft.model = { services: Object.fromEntries(Object.entries(named).map(([key, service]) => [key, serviceOf(key, service)])) };
  if (draft.routes.length > 0) draft.routes[0]!.primary = true;
  const all = map(draft.model.services);
  const image = text(map(all[draft.routes[0]?.service ?? Object.keys(all)[0] ?? ""]).image);
  const tag = /:(\$\{(\w+)\}|[\w.-]+)$/.exec(image);
  draft.version = (tag?.[2] ? inputs.get(tag[2])?.default : tag?.[1]) || "1";
  return draft;

  function nameOf(key: string) {
    return key.replaceAll("$$cap_appname", name).replace(/\$\$cap_\w+/g, "x");
  }

  /** What CapRover calls its own is a variable; another dollar sign stands for itself. */
  function words(line: string): string {
    const own = line.replaceAll("$$cap_appname", name).replace(/srv-captain--/g, "");
    return own
      .split(/(\$\$cap_gen_random_hex\(\d+\)|\$\$cap_\w+)/)
      .map((piece, at) => (at % 2 === 0 ? escaped(piece) : variable(piece)))
      .join("");
  }
  function variable(mark: string): string {
    const hex = /\((\d+)\)$/.exec(mark);
    const key = hex ? freeKey() : keyOf(mark);
    if (hex)
      inputs.set(key, {
        hidden: true,
        secret: true,
        label: key,
        generator: { kind: "hex", chars: Math.min(1024, Math.max(2, Number(hex[1]))) },
      });
    else if (key === "CAP_ROOT_DOMAIN") inputs.set(key, { hidden: true, label: "Domain", generator: { kind: "address", form: "host" } });
    else if (!inputs.has(key)) throw new Untranslatable(`It refers to ${mark}, which it does not define.`);
    return `\${${key}}`;
  }
  function freeKey() {
    for (let n = 1; ; n++) if (!inputs.has(`CAP_RANDOM_${n}`)) return `CAP_RANDOM_${n}`;
  }

  function serviceOf(key: string, given: Part): Part {
    const extra = map(given.caproverExtra);
    const unread = Object.keys(given).filter((each) => !honoured.includes(each));
    if (unread.length > 0)
      draft.dropped.add(`CapRover itself takes no notice of ${unread.join(", ")} of the service ${key}, so that was left out.`);
    const lines = list(extra.dockerfileLines)
      .map(text)
      .filter((line) => line.trim() !== "" && !line.trim().startsWith("#"));
    const from = lines.length === 1 ? /^FROM\s+(\S+)\s*$/i.exec(lines[0]!)?.[1] : undefined;
    if (lines.length > 0 && from === undefined)
      throw new Untranslatable(`The service ${key} is built from a Dockerfile, and AppOS installs finished images only.`);
    const environment = Object.fromEntries(Object.entries(readEnvironment(given)).map(([name, value]) => [words(name), words(value)]));
    if (text(extra.notExposeAsWebApp) !== "true") draft.routes.push({ service: key, port: port(extra.containerHttpPort) ?? 80 });
    const kept = ["image", "ports", "volumes", "depends_on", "hostname", "command", "cap_add", "restart"] as const;
    const picked = Object.fromEntries(kept.flatMap((each) => (given[each] === undefined ? [] : [[each, mapTexts(given[each], words)]])));
    const after = isMap(picked.depends_on) ? Object.keys(picked.depends_on) : list(picked.depends_on).map(text);
    return {
      restart: "always",
      ...picked,
      ...(from && { image: words(from) }),
      ...(Object.keys(environment).length > 0 && { environment }),
      ...(after.length > 0 && { depends_on: after.map((each) => each.replace(/^srv-captain--/, "")) }),
    };
  }
}

/** `$$cap_db_pass` is CAP_DB_PASS. */
const keyOf = (mark: string) =>
  mark
    .replace(/^\$\$/, "")
    .toUpperCase()
    .replace(/[^A-Z0-9_]/g, "_");
const withoutMarks = (line: string) => line.replace(/\$\$cap_(\w+)/g, (_, name: string) => `<${name.replaceAll("_", " ")}>`);

function inputOf({ id, label, description, defaultValue, validRegex }: Part, words: (line: string) => string): DraftInput {
  const value = text(defaultValue);
  const isSecret = /(pass|pwd?$|secret|token|key|salt)/i.test(text(id));
  const hex = /^\$\$cap_gen_random_hex\((\d+)\)$/.exec(value);
  const pattern = /^\/\^?([^]*?)\$?\/[a-z]*$/.exec(text(validRegex).trim())?.[1];
  return {
    label: first(label, text(id)),
    help: plain(description) || undefined,
    type: isSecret ? "password" : "text",
    secret: isSecret || undefined,
    required: pattern !== undefined && !/^\.\*$|^$/.test(pattern),
    ...(hex
      ? { generator: { kind: "hex" as const, chars: Math.min(1024, Math.max(2, Number(hex[1]))) } }
      : value.includes("$$cap_")
        ? { generator: { kind: "text" as const, value: words(value) } }
        : value === "" && isSecret
          ? { generator: { kind: "alnum" as const, length: 24, lower: false } }
          : { default: value }),
    ...(pattern !== undefined && !/^\.[*+]$/.test(pattern) && { pattern }),
  };
}
