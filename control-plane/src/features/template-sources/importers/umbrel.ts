import type { Draft, Importer } from "./importer.ts";
import { Untranslatable } from "./untranslatable.ts";
import { mapTexts, replaceVariables } from "./interpolation.ts";
import { readEnvironment } from "./environment.ts";
import { filesBelow, first, list, map, type Part, plain, port, text, yaml } from "./reading.ts";

const place = /^([a-z0-9][a-z0-9-]*)\/(umbrel-app\.yml|docker-compose\.yml|exports\.sh|hooks\/[\w.-]+|data\/.+)$/;

/** Umbrel's app store: compose with a pseudo-service that says where the app is reached. Its scripts are read for plain values, and never run. */
export const umbrel: Importer = {
  wants: (path) => place.test(path) && !/\.(jpe?g|png|gif|webp|ico|gitkeep)$|\/\.gitkeep$/i.test(path),
  marks: (path) => /^[a-z0-9][a-z0-9-]*\/umbrel-app\.yml$/.test(path),
  *templates(files) {
    for (const [path, content] of files) {
      const [, id, file] = place.exec(path) ?? [];
      if (id === undefined || file !== "umbrel-app.yml") continue;
      const inside = new Map(filesBelow(files, id));
      yield { id, read: () => read(id, yaml(content, "umbrel-app.yml"), inside) };
    }
  },
};

function read(id: string, about: Part, files: Map<string, string>): Draft {
  const needs = list(about.dependencies).map(text);
  if (needs.length > 0) throw new Untranslatable(`It needs ${needs.join(", ")} of Umbrel beside it.`);
  const compose = files.get("docker-compose.yml");
  if (compose === undefined) throw new Untranslatable("It has no docker-compose.yml.");
  const draft: Draft = {
    name: first(about.name, id),
    version: first(about.version, "1"),
    description: first(about.tagline, about.name, id),
    about: plain(about.description) || undefined,
    notes: signIn(about),
    categories: [text(about.category)],
    links: { website: text(about.website), source: text(about.repo), docs: text(about.support) },
    model: {},
    inputs: new Map(),
    routes: [],
    files: new Map([...files].filter(([path]) => path.startsWith("data/")).map(([path, content]) => [path, { content }])),
    hooks: [...files.keys()].filter((path) => path.startsWith("hooks/")),
    dropped: new Set(about.torOnly === true ? ["Umbrel offers it over Tor only."] : []),
  };
  const exported = exportsOf(files.get("exports.sh") ?? "", draft);
  const root = yaml(compose, "docker-compose.yml");
  draft.model = mapTexts(root, (line) =>
    replaceVariables(line, ({ name }) => (name === "APP_DATA_DIR" ? "." : name === "UMBREL_ROOT" ? "/umbrel" : exported.get(name))),
  );
  const services = map(draft.model.services);
  const proxy = readEnvironment(map(services.app_proxy));
  delete services.app_proxy;
  for (const service of Object.values(services).map(map)) {
    if (Array.isArray(service.depends_on)) service.depends_on = service.depends_on.filter((name) => name !== "app_proxy");
  }
  const host = text(proxy.APP_HOST);
  const service = Object.keys(services).find(
    (name) => host === `${id}_${name}_1` || host === `${id}-${name}-1` || host === name || map(services[name]).container_name === host,
  );
  const inside = port(proxy.APP_PORT);
  const found = service ?? (Object.keys(services).length === 1 ? Object.keys(services)[0] : undefined);
  if (found !== undefined && inside !== undefined)
    draft.routes.push({
      service: found,
      port: inside,
      primary: true,
      key: "APP_PORT",
      from: port(about.port),
      path: text(about.path) || undefined,
    });
  else if (host !== "") draft.dropped.add(`The address that leads to ${host} was left out.`);
  // By these names Umbrel's containers know each other.
  for (const [name, definition] of Object.entries(services)) map(definition).container_name ??= `${id}_${name}_1`;
  known(id, about, draft);
  strangers(id, draft);
  return draft;
}

function signIn({ defaultUsername, defaultPassword, deterministicPassword }: Part): string | undefined {
  const user = text(defaultUsername) ? `Sign in as ${text(defaultUsername)}.` : "";
  const password =
    deterministicPassword === true
      ? " The password is the variable APP_PASSWORD."
      : text(defaultPassword)
        ? " Its first password is the one that its authors name: change it."
        : "";
  return `${user}${password}`.trim() || undefined;
}

/** Only lines that set a name to a plain text count: nothing is run to find out about the others. */
function exportsOf(script: string, { dropped }: Draft): Map<string, string> {
  const all = new Map<string, string>();
  for (const line of script.split(/\r?\n/)) {
    const found = /^\s*export\s+([A-Za-z_]\w*)=(?:"([^"`]*)"|'([^']*)'|([^\s"'`;$()]*))\s*(#.*)?$/.exec(line);
    const value = found?.[2] ?? found?.[3] ?? found?.[4];
    if (found && value !== undefined && !/\$\(/.test(value))
      all.set(
        found[1]!,
        replaceVariables(value, ({ name }) => all.get(name)),
      );
    else if (/^\s*export\s/.test(line))
      dropped.add(`${/export\s+(\w+)/.exec(line)?.[1] ?? "A value"} is worked out by a script, which AppOS does not run.`);
  }
  return all;
}

/** What Umbrel tells every app. */
function known(id: string, about: Part, { inputs, routes }: Draft) {
  const at = routes[0] ? { port: "APP_PORT" } : {};
  const made = { hidden: true, secret: true, editableAfterInstall: false } as const;
  inputs.set("APP_PASSWORD", {
    label: "Password",
    type: "password",
    secret: true,
    generator: { kind: "alnum", length: 32, lower: false },
    editableAfterInstall: false,
  });
  if (routes[0])
    inputs.set(`APP_${id.toUpperCase().replaceAll("-", "_")}_PORT`, {
      hidden: true,
      label: "Port",
      generator: { kind: "text", value: "${APP_PORT}" },
    });
  inputs.set("APP_SEED", { ...made, label: "Seed", generator: { kind: "hex", chars: 64 } });
  for (const n of [1, 2, 3, 4]) inputs.set(`APP_SEED_${n}`, { ...made, label: `Seed ${n}`, generator: { kind: "hex", chars: 64 } });
  inputs.set("APP_DOMAIN", { hidden: true, label: "Domain", generator: { kind: "address", form: "host", ...at } });
  inputs.set("DEVICE_DOMAIN_NAME", { hidden: true, label: "Domain", generator: { kind: "address", form: "host", ...at } });
  inputs.set("APP_HIDDEN_SERVICE", { hidden: true, label: "Onion address", required: false, default: "" });
  inputs.set("APP_ID", { hidden: true, label: "Name", default: id });
  inputs.set("APP_VERSION", { hidden: true, label: "Version", default: text(about.version) });
}

/** Addresses of containers in Umbrel's own network are names here; those of other apps nobody has. */
function strangers(id: string, draft: Draft) {
  const services = Object.keys(map(draft.model.services));
  const prefix = `APP_${id.toUpperCase().replaceAll("-", "_")}_`;
  draft.model = mapTexts(draft.model, (line) =>
    replaceVariables(line, ({ name }) => {
      if (!name.endsWith("_IP") || draft.inputs.has(name)) return undefined;
      const wanted = name.replace(prefix, "").replace(/^APP_/, "").replace(/_?IP$/, "").toLowerCase().replaceAll("_", "-");
      const service = services.find((each) => each === wanted) ?? (wanted === "" ? services[0] : undefined);
      if (name === "NETWORK_IP") return "0.0.0.0";
      if (service === undefined && !name.startsWith(prefix))
        throw new Untranslatable(`It refers to ${name}, the address of another app of Umbrel.`);
      return service;
    }),
  );
}
