import { addressIn, generated, upper } from "./coolify-magic.ts";
import { readEnvironment } from "./environment.ts";
import type { Draft, DraftRoute, Importer } from "./importer.ts";
import { Untranslatable } from "./untranslatable.ts";
import { textsIn, variablesIn } from "./interpolation.ts";
import { dotenv, fromBase64, isMap, json, list, map, type Part, plain, port, text, yaml } from "./reading.ts";

const place = /^(?:templates\/compose|compose)\/([^/]+)\.ya?ml$/;
const built = /^(?:.*\/)?service-templates(?:-latest)?\.json$/;

/** Coolify's services: compose with comments at its head, or all of them in one JSON. Magic variables become generators. */
export const coolify: Importer = {
  wants: (path) => built.test(path) || place.test(path) || /^templates\/compose\/[^/]+\.env$/.test(path),
  marks: (path) => built.test(path) || /^templates\/compose\/[^/]+\.ya?ml$/.test(path),
  *templates(files) {
    const json = [...files].find(([path]) => built.test(path));
    const sources = [...files].filter(([path]) => /^templates\/compose\/[^/]+\.ya?ml$/.test(path));
    for (const [path, content] of sources.length > 0 ? sources : json ? [] : files) {
      const id = place.exec(path)?.[1];
      if (id !== undefined) yield fromSource(id, content, (name) => files.get(path.replace(/[^/]+$/, name)), path);
    }
    if (sources.length === 0 && json) yield* fromJson(json[1], json[0]);
  },
};

interface Head {
  name: string;
  description: string;
  categories: string[];
  docs: string;
  port: number | undefined;
  arch: string[] | undefined;
}

function fromSource(id: string, content: string, sibling: (name: string) => string | undefined, path: string) {
  const head = new Map<string, string>();
  for (const line of content.split(/\r?\n/).slice(0, 60)) {
    const found = /^#\s*([A-Za-z_]+)\s*:\s*(.*?)\s*$/.exec(line);
    if (found) head.set(found[1]!.toLowerCase(), found[2]!);
    else if (line.trim() !== "" && !line.startsWith("#")) break;
  }
  const name = head.get("name") ?? id;
  const description = plain(head.get("slogan"));
  const categories = [head.get("category") ?? "", head.get("tags") ?? ""];
  return {
    id,
    name,
    description,
    categories,
    read() {
      if (head.get("ignore") === "true") throw new Untranslatable("Its authors keep it back: Coolify does not offer it either.");
      const file = head.get("env_file");
      const env = file === undefined ? "" : (sibling(file.replace(/^.*\//, "")) ?? "");
      return read(
        {
          name,
          description,
          categories,
          docs: head.get("documentation") ?? "",
          port: port(head.get("port")),
          arch: archOf(head.get("amd_only"), head.get("arm_only")),
        },
        yaml(content, path),
        env,
      );
    },
  };
}

const archOf = (amd: unknown, arm: unknown) => (text(amd) === "true" ? ["amd64"] : text(arm) === "true" ? ["arm64"] : undefined);

function* fromJson(content: string, path: string) {
  for (const [id, value] of Object.entries(map(json(content, path)))) {
    if (!isMap(value) || typeof value.compose !== "string") continue;
    const { slogan, tags, category, documentation, compose, envs, amd_only, arm_only } = value;
    const description = plain(slogan);
    const categories = [text(category), ...list(tags).map(text)];
    const docs = text(documentation).replace(/[?&]utm_source=coolify\.io/, "");
    yield {
      id,
      name: id,
      description,
      categories,
      read: () =>
        read(
          { name: id, description, categories, docs, port: port(value.port), arch: archOf(amd_only, arm_only) },
          yaml(fromBase64(compose, "Its compose file"), "Its compose file"),
          typeof envs === "string" ? fromBase64(envs, "Its file of variables") : "",
        ),
    };
  }
}

function read(head: Head, model: Part, env: string): Draft {
  const services = map(model.services);
  const draft: Draft = {
    ...head,
    version: "latest",
    name: head.name.replace(/(^|[\s-])([a-z])/g, (_, gap: string, letter: string) => `${gap === "-" ? " " : gap}${letter.toUpperCase()}`),
    links: { docs: head.docs },
    model,
    inputs: new Map(),
    routes: [],
    files: new Map(),
    hooks: [],
    dropped: new Set(),
  };
  for (const [key, value] of dotenv(env))
    draft.inputs.set(
      key,
      value.includes("$")
        ? { hidden: true, label: key, generator: { kind: "text", value: braced(value) } }
        : { label: key, default: value, required: false },
    );
  for (const [name, service] of Object.entries(services)) if (isMap(service)) declared(name, service, services, draft);
  if (draft.routes.length === 0 && head.port !== undefined) draft.routes.push({ service: Object.keys(services)[0] ?? "", port: head.port });
  for (const [at, route] of draft.routes.entries()) route.key ??= at === 0 ? "HTTP_PORT" : `${upper(route.service)}_HTTP_PORT`;
  if (draft.routes[0]) draft.routes[0].primary = true;
  const main = draft.routes[0]?.service ?? Object.keys(services)[0] ?? "";
  draft.version = /:([\w.-]+)(@|$)/.exec(text(map(services[main]).image))?.[1] ?? "latest";
  const named = [...textsIn(services), env].flatMap((each) => variablesIn(each).map(({ name }) => name));
  for (const name of new Set(named)) magic(name, draft);
  for (const name of ["SERVICE_SUPABASEANON", "SERVICE_SUPABASESERVICE"])
    if (named.some((each) => each.startsWith(name))) magic("SERVICE_PASSWORD_JWT", draft);
  return draft;
}

const braced = (value: string) => value.replace(/\$\{?([A-Za-z_]\w*)\}?/g, "$${$1}");

/** What a service says in words of Coolify's own: addresses it wants to have, and files it brings. */
function declared(name: string, service: Part, services: Part, { routes, files, dropped, inputs }: Draft) {
  const environment = readEnvironment(service);
  const bare = list(service.environment)
    .map(text)
    .filter((entry) => !entry.includes("="));
  for (const [key, value] of Object.entries(environment)) {
    const address = addressIn(key);
    const isDeclaration = address && (bare.includes(key) || /^\/|^\$\{?SERVICE_/.test(value));
    if (!isDeclaration) continue;
    const of = Object.keys(services).find((each) => upper(each) === address.of) ?? name;
    const found = address.port ?? portOf(map(services[of]));
    if (found === undefined) {
      dropped.add(`${key} names no port, and neither does the service ${of}: nothing leads there.`);
      continue;
    }
    const path = value.startsWith("/") ? value : undefined;
    const same = routes.find(({ service, port }) => service === of && port === found);
    if (!same) routes.push({ service: of, port: found, path } satisfies DraftRoute);
    if (path !== undefined) {
      inputs.set(key, { label: key, hidden: true, generator: { kind: "text", value: `\${${key}_ROOT}${path}` } });
      environment[key] = `\${${key}}`;
    }
  }
  if (service.environment !== undefined) service.environment = environment;
  service.restart ??= "unless-stopped";
  service.volumes = list(service.volumes).map((volume) => brought(volume, files));
  if (list(service.volumes).length === 0) delete service.volumes;
}

const portOf = ({ expose, ports }: Part): number | undefined =>
  port(list(expose)[0]) ?? port(text(list(ports)[0]).split("/")[0]!.split(":").at(-1)) ?? undefined;

/** A mount that says what its file holds, or that it is a folder. */
function brought(volume: unknown, files: Draft["files"]): unknown {
  if (!isMap(volume)) return volume;
  const { content, is_directory: _, isDirectory: __, ...mount } = volume;
  if (typeof content !== "string") return mount;
  const path = text(mount.source)
    .replace(/^\.?\/+/, "")
    .replaceAll("../", "");
  files.set(path, { content });
  return { ...mount, type: "bind", source: `./${path}` };
}

/** A variable that Coolify makes becomes an input that makes itself: the same name, the same value. */
function magic(name: string, draft: Draft) {
  const { inputs, routes, dropped } = draft;
  if (inputs.has(name) && !name.endsWith("_ROOT")) {
    const { generator } = inputs.get(name)!;
    if (generator?.kind === "text") for (const { name: other } of variablesIn(generator.value)) if (!inputs.has(other)) magic(other, draft);
    return;
  }
  const address = addressIn(name.replace(/_ROOT$/, ""));
  if (address) {
    const route =
      routes.find(({ service, port }) => upper(service) === address.of && (address.port === undefined || address.port === port)) ??
      routes.find(({ service }) => upper(service) === address.of) ??
      routes[0];
    const form = address.kind === "URL" ? "url" : "host";
    inputs.set(name, {
      label: name,
      hidden: true,
      generator: { kind: "address", form, ...(route?.key !== undefined && { port: route.key }) },
    });
    return;
  }
  const input = generated(name);
  if (input === "nothing") throw new Untranslatable(`It asks for ${name}, which Coolify itself leaves empty.`);
  if (input) inputs.set(name, input);
  else if (name.startsWith("SERVICE_NAME_")) inputs.set(name, { label: name, hidden: true, default: nameOf(name.slice(13), draft) });
  else if (name === "COOLIFY_URL" || name === "COOLIFY_FQDN")
    inputs.set(name, {
      label: name,
      hidden: true,
      generator: {
        kind: "address",
        form: name === "COOLIFY_URL" ? "url" : "host",
        ...(routes[0]?.key !== undefined && { port: routes[0].key }),
      },
    });
  else if (/^COOLIFY_(BRANCH|RESOURCE_UUID|CONTAINER_NAME)$/.test(name)) {
    dropped.add(`${name}, which only Coolify knows, is empty.`);
    inputs.set(name, { label: name, hidden: true, required: false, default: "" });
  } else if (/^SERVICE_[A-Z0-9]+_/.test(name)) dropped.add(`${name} is none of Coolify's variables that AppOS knows, so it is asked for.`);
}

const nameOf = (name: string, { model }: Draft) =>
  Object.keys(map(model.services)).find((each) => upper(each) === name) ?? name.toLowerCase();
