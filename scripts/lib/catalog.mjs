import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { lintCompose } from "../../shared/src/compose-lint.ts";
import { composeProblem } from "../../shared/src/compose-file.ts";
import { listedTemplate, Template } from "../../shared/src/templates.ts";
import { at } from "./root.mjs";

const { parse } = createRequire(at("shared/package.json"))("yaml");

/** The folders of the catalog, by name. */
export const templateIds = (folder = at("catalog")) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

/** One folder as a template, and the model of its compose file. Throws where it is none. */
export function readTemplate(id, folder = at("catalog")) {
  const text = (name) => readFileSync(join(folder, id, name), "utf8");
  const { files = [], ...said } = parse(text("template.yaml"));
  const withContent = files.map((file) => ({ ...file, content: text(join("files", file.path)) }));
  const compose = text("compose.yaml");
  const template = Template.parse({ ...said, id, files: withContent, compose });
  return { template, model: parse(compose, { merge: true }) };
}

/** What the control plane keeps of a template: what the list shows, the whole, and what its compose file warns of. */
export function shelved({ template, model }) {
  const dangers = lintCompose(model).filter(({ level }) => level !== "note");
  return { listed: listedTemplate(template, dangers.length), template, dangers, dropped: [] };
}

/** All of it as the build ships it: JSON of the list, and of each template. */
export function shipped(folder = at("catalog")) {
  const all = templateIds(folder).map((id) => shelved(readTemplate(id, folder)));
  const templates = Object.fromEntries(all.map((one) => [one.template.id, JSON.stringify(one)]));
  return { index: JSON.stringify(all.map(({ listed }) => listed)), templates };
}

/** As files beside the control plane. */
export function writeCatalog(to) {
  const { index, templates } = shipped();
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  writeFileSync(join(to, "index.json"), index);
  for (const [id, text] of Object.entries(templates)) writeFileSync(join(to, `${id}.json`), text);
}

const list = (value) => (Array.isArray(value) ? value : []);
const named = (text) =>
  [...text.matchAll(/\$\$|\$\{([A-Za-z_]\w*)(?::?[-?+][^}]*)?\}|\$([A-Za-z_]\w*)/g)].flatMap(([, braced, bare]) => braced ?? bare ?? []);

/** Everything that is wrong with one folder, in sentences. */
export function problemsOf(id, folder = at("catalog")) {
  let read;
  try {
    read = readTemplate(id, folder);
  } catch (error) {
    return [error.issues ? error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ") : error.message];
  }
  const { template, model } = read;
  const broken = composeProblem(template.compose);
  if (broken) return [broken.message];
  return [...promises(template, model), ...variables(template), ...places(template, model, join(folder, id)), ...dangers(template, model)];
}

/** What every template of ours promises, beyond what any template must. */
function promises(template, model) {
  const services = Object.entries(model.services);
  const found = [];
  const say = (wrong, sentence) => wrong && found.push(sentence);
  say(!template.requirements, "says no memory");
  say(Object.keys(template.links).length === 0, "has no link");
  say(template.routes.filter(({ primary }) => primary).length !== 1, "needs one primary route");
  say("version" in model, "has the compose key version, which means nothing any more");
  for (const [name, service] of services) {
    say(!service.image, `${name} has no image`);
    say("container_name" in service, `${name} has a container_name, so it runs once on a server`);
    say(service.restart !== "unless-stopped", `${name} is not restarted unless stopped`);
    say(
      list(service.ports).some((port) => !/^\$\{\w+:-\d+\}:/.test(port)),
      `${name} publishes a port that no input chooses`,
    );
  }
  return found;
}

/** Inputs and the variables that the compose file and the files name are the same. */
function variables({ inputs, compose, files, routes }) {
  const keys = new Set(inputs.map(({ key }) => key));
  const made = inputs.flatMap(({ generator }) =>
    generator?.kind === "text"
      ? named(generator.value)
      : [generator?.secretRef, generator?.kind === "address" ? generator.port : undefined],
  );
  const used = new Set([...named(compose), ...files.filter(({ fill }) => fill).flatMap(({ content }) => named(content))]);
  const refers = [...used, ...made, ...routes.map(({ publishedAs }) => publishedAs)].filter((key) => key !== undefined);
  const unasked = inputs.filter(
    ({ type, default: given, generator, required, secret }) =>
      secret && required && given === undefined && !generator && type === "password",
  );
  return [
    ...[...new Set(refers)].filter((key) => !keys.has(key)).map((key) => `names ${key}, which is no input`),
    ...[...keys].filter((key) => !used.has(key) && !made.includes(key)).map((key) => `asks for ${key} and does not use it`),
    ...unasked.map(({ key }) => `makes nobody a value for the secret ${key}`),
    ...inputs
      .filter(({ hidden, default: given, generator }) => hidden && given === undefined && !generator)
      .map(({ key }) => `hides ${key} and has no value for it`),
  ];
}

/** What a template says of services, paths and files is in its compose file and folder. */
function places({ routes, dataPaths, files }, model, folder) {
  const mounts = (service) => list(model.services[service]?.volumes).map((mount) => String(mount).split(":"));
  const bound = Object.keys(model.services).flatMap((service) =>
    mounts(service).flatMap(([from]) => (from.startsWith("./") ? [from.slice(2)] : [])),
  );
  const ports = (service) =>
    list(model.services[service]?.ports).map((port) =>
      String(port)
        .replace(/^\$\{[^}]*\}:/, "")
        .replace(/\/\w+$/, ""),
    );
  const onDisk = existsSync(join(folder, "files"))
    ? readdirSync(join(folder, "files"), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
    : 0;
  return [
    ...routes.filter(({ service }) => !model.services[service]).map(({ service }) => `routes to ${service}, which is no service`),
    ...routes
      .filter(({ service, port, publishedAs }) => publishedAs && !ports(service).includes(String(port)))
      .map(({ service, port }) => `routes to port ${port} of ${service}, which is not published`),
    ...dataPaths
      .filter(({ service, path }) => !mounts(service).some(([, to]) => to === path))
      .map(({ service, path }) => `keeps data in ${path} of ${service}, where nothing is mounted`),
    ...bound
      .filter((path) => !files.some((file) => file.path === path || file.path.startsWith(`${path}/`)))
      .map((path) => `mounts ./${path}, which is no file of it`),
    ...files
      .filter(({ path }) => !bound.some((mount) => path === mount || path.startsWith(`${mount}/`)))
      .map(({ path }) => `has the file ${path} and mounts it nowhere`),
    ...(onDisk !== files.length ? ["has files that template.yaml does not name"] : []),
  ];
}

/** What the plan would warn of is explained, and what is explained is there. A health check is told of when it is missing. */
function dangers({ accepted, inputs }, model) {
  const variables = new Set(inputs.map(({ key }) => key));
  const found = lintCompose(model, { variables }).filter(({ level, rule }) => level !== "note" || rule === "no-healthcheck");
  const known = new Set(accepted.map(({ danger }) => danger));
  return [
    ...found.filter(({ id }) => !known.has(id)).map(({ id, message }) => `${id}: ${message}`),
    ...[...known].filter((id) => !found.some((danger) => danger.id === id)).map((id) => `explains ${id}, which is not there`),
  ];
}
