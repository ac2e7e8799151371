import type { Draft, DraftInput, Importer } from "./importer.ts";
import { mapTexts, replaceVariables, variablesIn, withDefaults } from "./interpolation.ts";
import { published } from "./ports.ts";
import { dotenv, filesBelow, first, json, list, map, number, type Part, plain, port, slug, text, yaml } from "./reading.ts";

const place = /^apps\/([^/]+)\/(docker-compose\.ya?ml|\.env|variables\.json|Notes\.md|src\/.+)$/;
/** What only Websoft9's own platform reads. */
const platform = /^(W9|APP)_(REPO|DIST|VERSION|NETWORK|NAME|RCODE|DB_EXPOSE|DB_VERSION|ADMIN_PATH)$/;

/** Websoft9's docker-library: compose beside an .env whose names say what may be chosen at the install. */
export const websoft9: Importer = {
  wants: (path) => place.test(path),
  marks: (path) => /^apps\/[^/]+\/variables\.json$/.test(path),
  *templates(files) {
    for (const [path, content] of files) {
      const [, id, file] = place.exec(path) ?? [];
      if (id === undefined || !file!.startsWith("docker-compose")) continue;
      const about = map(json(files.get(`apps/${id}/variables.json`) ?? "{}", "variables.json"));
      yield {
        id,
        name: first(about.trademark, about.name, id),
        read: () => read(id, about, content, new Map(filesBelow(files, `apps/${id}`))),
      };
    }
  },
};

function read(id: string, about: Part, compose: string, files: Map<string, string>): Draft {
  const env = dotenv(files.get(".env") ?? "");
  env.set(env.has("APP_ID") ? "APP_ID" : "W9_ID", slug(id));
  const fixed = (line: string) =>
    replaceVariables(line, ({ name }) => (platform.test(name) || name.endsWith("_ID") ? env.get(name) : undefined));
  const model = mapTexts(yaml(compose, "docker-compose.yml"), fixed);
  const services = map(model.services);
  const requirements = map(about.requirements);
  const memory = number(requirements.memory);
  const draft: Draft = {
    name: first(about.trademark, about.name, id),
    version: first(env.get("W9_VERSION"), env.get("APP_VERSION"), map(list(map(list(map(about.edition))[0]).version)[0]), "latest"),
    description: first(about.description, about.trademark, id),
    notes: plain(files.get("Notes.md")) || undefined,
    categories: [],
    links: { website: text(about.url) || undefined, source: text(about.fork_url) || undefined, docs: text(requirements.url) || undefined },
    memoryMiB: memory === undefined ? undefined : memory * 1024,
    model,
    inputs: new Map(),
    routes: [],
    files: new Map([...files].filter(([path]) => path.startsWith("src/")).map(([path, content]) => [path, { content }])),
    hooks: ["src/after_up.sh", "src/init.sh"].filter((path) => files.has(path)),
    dropped: new Set(),
  };
  for (const [name, service] of Object.entries(services)) withoutInit(name, map(service), services, draft);
  draft.dotenv = [...env.keys()];
  const route = routeOf(services, env);
  if (route) draft.routes.push(route);
  for (const [key, value] of env) draft.inputs.set(key, inputOf(key, fixed(value), env, route?.key));
  return draft;
}

/** A service that commands Docker to run a script is none of the app's. */
function withoutInit(name: string, service: Part, services: Part, { dropped }: Draft) {
  const mounts = list(service.volumes).map((mount) => (typeof mount === "string" ? mount : text(map(mount).source)));
  const runs = JSON.stringify([service.command ?? "", service.entrypoint ?? "", mounts]);
  if (!mounts.some((mount) => mount.includes("docker.sock")) || !/init\.sh|\bsrc\//.test(runs)) return;
  delete services[name];
  for (const other of Object.values(services).map(map)) {
    if (Array.isArray(other.depends_on)) other.depends_on = other.depends_on.filter((each) => each !== name);
    else delete map(other.depends_on)[name];
  }
  dropped.add(`The service ${name} was left out: it commands Docker to run a script of the template.`);
}

/** Where the container's own port is published, or what the .env says of it. */
function routeOf(services: Part, env: Map<string, string>): Draft["routes"][number] | undefined {
  const inside = ["W9_HTTP_PORT", "APP_HTTP_PORT", "W9_HTTPS_PORT", "APP_HTTPS_PORT"].map((key) => port(env.get(key))).find(Boolean);
  for (const [service, definition] of Object.entries(services))
    for (const { target, host } of list(map(definition).ports).map(published)) {
      const found = port(withDefaults(replaceVariables(target, ({ name }) => env.get(name))));
      const key = variablesIn(host)[0]?.name;
      if (found === undefined || !key || !/HTTPS?_PORT_SET$|HTTP_PORT$/.test(key)) continue;
      return { service, port: found, primary: true, key, from: port(env.get(key)) };
    }
  const service = Object.keys(services)[0];
  return inside === undefined || service === undefined ? undefined : { service, port: inside, primary: true, key: "W9_HTTP_PORT_SET" };
}

function inputOf(key: string, value: string, env: Map<string, string>, portKey: string | undefined): DraftInput {
  const label = key
    .replace(/^(W9|APP)_|_SET$/g, "")
    .replaceAll("_", " ")
    .toLowerCase();
  const shown = key.endsWith("_SET");
  if (/POWER_PASSWORD$|^APP_PASSWORD$/.test(key))
    return {
      label: "Password",
      type: "password",
      secret: true,
      generator: { kind: "alnum", length: 20, lower: false },
      editableAfterInstall: false,
    };
  if (/^(W9|APP)_URL$/.test(key))
    return { label: "Address", hidden: true, generator: { kind: "address", form: "host-port", ...(portKey && { port: portKey }) } };
  if (key.endsWith("_PORT_SET")) return { label, type: "port", default: value };
  if (value.includes("$")) {
    const text = replaceVariables(value, ({ name }) => (env.has(name) ? `\${${name}}` : ""));
    return { label, hidden: true, secret: /PASS|KEY|TOKEN/.test(key), generator: { kind: "text", value: text } };
  }
  if (/_(KEY|TOKEN)_SET$/.test(key))
    return { label, type: "password", secret: true, generator: { kind: "alnum", length: 32, lower: false } };
  return { label, hidden: !shown, required: false, default: value, editableAfterInstall: shown };
}
