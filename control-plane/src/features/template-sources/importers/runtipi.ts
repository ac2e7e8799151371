import type { Draft, DraftInput, Importer } from "./importer.ts";
import { Untranslatable } from "./untranslatable.ts";
import { mapTexts, replaceVariables } from "./interpolation.ts";
import { runtipiServices } from "./runtipi-services.ts";
import { filesBelow, first, json, list, map, number, type Part, plain, port, text, yaml } from "./reading.ts";

const place = /^apps\/([^/]+)\/(config\.json|docker-compose\.json|docker-compose\.ya?ml|metadata\/description\.md|data\/.+)$/;
/** What of these a file holds is a place below the app's folder. */
const own = ["APP_DATA_DIR", "APP_CONFIG_DIR"];

/** Runtipi's app store: config.json with a form, and services in its own words (1 and 2) or in compose. */
export const runtipi: Importer = {
  wants: (path) => place.test(path) && !/\.(jpe?g|png|gif|webp|ico|gitkeep)$/i.test(path),
  marks: (path) => /^apps\/[^/]+\/(config|docker-compose)\.json$/.test(path),
  *templates(files) {
    for (const [path, content] of files) {
      const [, id, file] = place.exec(path) ?? [];
      if (id === undefined || file !== "config.json") continue;
      const inside = new Map(filesBelow(files, `apps/${id}`));
      yield { id, read: () => read(id, map(json(content, "config.json")), inside) };
    }
  },
};

function read(id: string, config: Part, files: Map<string, string>): Draft {
  if (config.available === false) throw new Untranslatable("Its store says that it is not available.");
  const dynamic = files.get("docker-compose.json");
  const compose = files.get("docker-compose.yml") ?? files.get("docker-compose.yaml");
  const draft: Draft = {
    name: first(config.name, id),
    version: `${first(config.version, "1").replace(/^v(?=\d)/, "")}${number(config.tipi_version) ? `-${text(config.tipi_version)}` : ""}`,
    description: first(config.short_desc, config.name, id),
    about: plain(files.get("metadata/description.md") ?? config.description) || undefined,
    categories: list(config.categories).map(text),
    links: { website: text(config.website), source: text(config.source) },
    arch: list(config.supported_architectures).map(text),
    model: {},
    inputs: new Map(list(config.form_fields).map((field) => inputOf(map(field)))),
    routes: [],
    files: broughtData(files),
    hooks: [],
    dropped: new Set(config.deprecated === true ? ["Its store calls it deprecated."] : []),
  };
  if (dynamic !== undefined) draft.model = runtipiServices(json(dynamic, "docker-compose.json"), config, draft);
  else if (compose !== undefined) legacy(yaml(compose, "docker-compose.yml"), config, draft);
  else throw new Untranslatable("It has neither a docker-compose.json nor a docker-compose.yml.");
  const path = text(config.url_suffix);
  if (draft.routes[0]) Object.assign(draft.routes[0], { primary: true, ...(path && { path: path.startsWith("/") ? path : `/${path}` }) });
  draft.model = mapTexts(draft.model, (line) =>
    replaceVariables(line, ({ name }) =>
      own.includes(name) ? "." : name === "ROOT_FOLDER_HOST" ? "/runtipi" : name === "APP_ID" ? id : undefined,
    ),
  );
  inject(config, draft);
  return draft;
}

/** What stands in an app's own data folder from the first start on. */
function broughtData(files: Map<string, string>): Draft["files"] {
  const all = [...files].filter(([path]) => path.startsWith("data/"));
  return new Map(
    all.map(([path, content]) => {
      const isTemplate = path.endsWith(".template");
      const filled = isTemplate
        ? content.replaceAll("$", "$$$$").replace(/\{\{\s*([A-Z_][A-Z0-9_]*)\s*\}\}/g, (_, name: string) => `\${${name}}`)
        : content;
      return [isTemplate ? path.slice(0, -9) : path, { content: filled, fill: isTemplate }];
    }),
  );
}

function legacy(model: Part, config: Part, draft: Draft) {
  draft.model = model;
  const services = map(model.services);
  const withPort = Object.entries(services).find(([, service]) => JSON.stringify(map(service).ports ?? "").includes("APP_PORT"));
  const [name, service] = withPort ?? Object.entries(services)[0] ?? [];
  const inside =
    port(/APP_PORT\}?:(\d+)/.exec(JSON.stringify(map(service).ports ?? ""))?.[1]) ?? labelled(map(service)) ?? port(config.port);
  if (name !== undefined && config.no_gui !== true && inside !== undefined)
    draft.routes.push({ service: name, port: inside, key: "APP_PORT", from: port(config.port) });
}
const labelled = ({ labels }: Part) => port(/loadbalancer\.server\.port["'=:\s]+(\d+)/.exec(JSON.stringify(labels ?? ""))?.[1]);

/** What Runtipi tells every app. */
function inject(config: Part, { inputs, routes }: Draft) {
  const at = routes[0] ? { port: "APP_PORT" } : {};
  const address = (form: "host" | "url" | "host-port"): DraftInput => ({
    hidden: true,
    label: "Address",
    generator: { kind: "address", form, ...at },
  });
  const fixed = (value: string): DraftInput => ({ hidden: true, label: value, default: value });
  const own: Record<string, DraftInput> = {
    APP_DOMAIN: address("host-port"),
    APP_HOST: address("host"),
    INTERNAL_IP: address("host"),
    APP_PROTOCOL: fixed("http"),
    APP_EXPOSED: fixed("false"),
    LOCAL_DOMAIN: fixed("tipi.local"),
    DOMAIN: fixed("tipi.local"),
    NETWORK_INTERFACE: fixed("0.0.0.0"),
    DNS_IP: fixed("9.9.9.9"),
    TZ: { label: "Time zone", type: "timezone", default: "Etc/UTC" },
  };
  if (config.generate_vapid_keys === true)
    for (const half of ["public", "private"] as const)
      own[`VAPID_${half.toUpperCase()}_KEY`] = {
        hidden: true,
        label: `VAPID ${half} key`,
        secret: half === "private",
        generator: { kind: "vapid", pair: "vapid", half },
      };
  for (const [key, input] of Object.entries(own)) if (!inputs.has(key)) inputs.set(key, input);
}

const types = {
  text: "text",
  password: "password",
  email: "email",
  number: "number",
  fqdn: "domain",
  ip: "ip",
  fqdnip: "host",
  url: "url",
  boolean: "boolean",
} as const;

function inputOf(field: Part): [string, DraftInput] {
  const key = text(field.env_variable);
  const label = first(field.label, key);
  const options = list(field.options).map(map);
  if (field.type === "random") {
    const n = Math.min(512, Math.max(1, number(field.min) ?? 32));
    const generator =
      field.encoding === "base64"
        ? { kind: "base64" as const, bytes: n }
        : field.encoding === "hex"
          ? { kind: "hex" as const, chars: n * 2 }
          : { kind: "alnum" as const, length: n, lower: false };
    return [key, { label, hidden: true, secret: true, generator, editableAfterInstall: false }];
  }
  const type = types[text(field.type) as keyof typeof types] ?? "text";
  const range = type === "number" || type === "text" || type === "password" ? { min: number(field.min), max: number(field.max) } : {};
  const pattern = text(field.regex);
  return [
    key,
    {
      label,
      help: first(field.hint, field.placeholder) || undefined,
      type: options.length > 0 ? "select" : type,
      required: field.required === true,
      default: text(field.default) || undefined,
      options:
        options.length > 0 ? options.map((option) => ({ value: text(option.value), label: first(option.label, option.value) })) : undefined,
      ...range,
      ...(pattern !== "" && { pattern: pattern.replace(/^\^|\$$/g, ""), patternHelp: text(field.pattern_error) || undefined }),
      secret: type === "password" || undefined,
    },
  ];
}
