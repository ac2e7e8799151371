import type { Draft, DraftInput, Importer } from "./importer.ts";
import { Untranslatable } from "./untranslatable.ts";
import { replaceVariables, mapTexts, variablesIn, withDefaults } from "./interpolation.ts";
import { bundle, type Database, isDatabase } from "./one-panel-databases.ts";
import { published } from "./ports.ts";
import { filesBelow, first, inEnglish, list, map, number, type Part, plain, port, text, yaml } from "./reading.ts";

const place = /^apps\/([^/]+)\/(data\.ya?ml|README(_en)?\.md|[^/]+\/(?:data\.ya?ml|docker-compose\.ya?ml|.+))$/;

/** 1Panel's app store: each app in several versions, each with a form and compose. The newest version counts. */
export const onePanel: Importer = {
  wants: (path) => place.test(path) && !/\.(jpe?g|png|svg|gif|webp|ico)$|README_\w+\.md$/i.test(path.replace("README_en.md", "")),
  marks: (path) => /^apps\/[^/]+\/[^/]+\/data\.ya?ml$/.test(path),
  *templates(files) {
    for (const [path, content] of files) {
      const id = /^apps\/([^/]+)\/data\.ya?ml$/.exec(path)?.[1];
      if (id === undefined) continue;
      const inside = new Map(filesBelow(files, `apps/${id}`));
      yield { id, read: () => read(id, yaml(content, "data.yml"), inside) };
    }
  },
};

/** The highest; one that is called latest only where there is no other. */
function newestVersion(files: Map<string, string>): string | undefined {
  const all = [...files.keys()].flatMap((path) => /^([^/]+)\/docker-compose\.ya?ml$/.exec(path)?.[1] ?? []);
  const rank = (version: string) => (/^(latest|nightly|dev|beta)/i.test(version) ? "" : version);
  return all.sort((a, b) => rank(b).localeCompare(rank(a), "en", { numeric: true }))[0];
}

function read(id: string, root: Part, files: Map<string, string>): Draft {
  const about = { ...map(root.additionalProperties) };
  const version = newestVersion(files);
  if (version === undefined) throw new Untranslatable("It has no version with a docker-compose.yml.");
  if (about.type === "runtime") throw new Untranslatable("It is a runtime for code of one's own, and no app.");
  const own = new Map(filesBelow(files, version));
  const compose = own.get("docker-compose.yml") ?? own.get("docker-compose.yaml")!;
  const form = list(
    map(map(yaml(own.get("data.yml") ?? own.get("data.yaml") ?? "additionalProperties: {}", `${version}/data.yml`)).additionalProperties)
      .formFields,
  ).map(map);
  const draft: Draft = {
    name: first(about.name, root.name, id),
    version,
    description: first(about.shortDescEn, inEnglish(about.description), about.shortDescZh, root.description, id),
    about: plain(files.get("README_en.md") ?? files.get("README.md")) || undefined,
    categories: [...list(about.tags).map(text), text(about.type)],
    links: { website: text(about.website), source: text(about.github), docs: text(about.document) },
    arch: list(about.architectures).map(text),
    memoryMiB: number(about.memoryRequired),
    model: mapTexts(yaml(compose, "docker-compose.yml"), (line) =>
      replaceVariables(line, ({ name }) => (name === "CONTAINER_NAME" ? id : undefined)),
    ),
    inputs: new Map(),
    routes: [],
    files: new Map(
      [...own].filter(([path]) => !/^(data|docker-compose)\.ya?ml$|^scripts\//.test(path)).map(([path, content]) => [path, { content }]),
    ),
    hooks: [...own.keys()].filter((path) => path.startsWith("scripts/")),
    dropped: new Set(),
  };
  const bound: Database[] = [];
  for (const field of form) take(field, draft, bound);
  if (bound.length > 0) bundle(bound[0]!, draft);
  for (const other of bound.slice(1)) bundle(other, draft);
  draft.routes.push(...routesOf(map(draft.model.services), draft));
  return draft;
}

/** One field of the form; those that bind to another app of 1Panel name a database, which the app is given for itself. */
function take(field: Part, draft: Draft, bound: Database[]) {
  const key = text(field.envKey);
  const child = map(field.child);
  if (field.type === "apps") {
    const offered = list(field.values).map((each) => text(map(each).value));
    const kind = [text(field.default), ...offered].find(isDatabase);
    if (kind === undefined)
      throw new Untranslatable(`It needs one of ${offered.join(", ") || "1Panel's apps"} beside it, which AppOS has no image for.`);
    bound.push({ kind, typeKey: key, hostKey: text(child.envKey) || "PANEL_DB_HOST" });
    return;
  }
  if (field.type === "service") {
    const kind = text(field.key);
    if (!isDatabase(kind)) throw new Untranslatable(`It needs ${kind || "another app"} of 1Panel beside it.`);
    bound.push({ kind, typeKey: undefined, hostKey: key });
    return;
  }
  if (key !== "") draft.inputs.set(key, inputOf(field, key));
}

function inputOf(field: Part, key: string): DraftInput {
  const value = text(field.default);
  const label = first(inEnglish(field.label), field.labelEn, field.labelZh, key);
  const options = list(field.values).map(map);
  const isPort = field.rule === "paramPort" || key.startsWith("PANEL_APP_PORT");
  const isSecret = field.type === "password" || /PASSWORD|SECRET|TOKEN/.test(key);
  const common = { label, required: field.required === true, editableAfterInstall: field.edit === true };
  if (isPort) return { ...common, required: true, type: "port", generator: { kind: "port", from: port(value) ?? 20_000 } };
  if (options.length > 0)
    return {
      ...common,
      type: "select",
      default: value,
      options: options.map((option) => ({ value: text(option.value), label: first(option.label, option.value) })),
    };
  // What its form shows as the default is but the beginning of what is made.
  if (isSecret) return { ...common, type: "password", secret: true, generator: { kind: "alnum", length: 24, lower: false } };
  const type = field.type === "number" ? "number" : "text";
  return { ...common, type, default: value || undefined };
}

function routesOf(services: Part, { inputs }: Draft): Draft["routes"] {
  const all = Object.entries(services).flatMap(([service, definition]) =>
    list(map(definition).ports)
      .map(published)
      .filter(({ protocol }) => protocol === "tcp")
      .flatMap(({ target, host }) => {
        const inside = port(withDefaults(target) ?? "");
        const key = variablesIn(host)
          .map(({ name }) => name)
          .find((name) => name.startsWith("PANEL_APP_PORT"));
        return inside === undefined || key === undefined ? [] : [{ service, port: inside, key, from: fromOf(inputs.get(key)) }];
      }),
  );
  const web = all.filter(({ key }) => /HTTP/.test(key));
  return (web.length > 0 ? web : all.slice(0, 1)).slice(0, 4);
}
const fromOf = (input: DraftInput | undefined) => (input?.generator?.kind === "port" ? input.generator.from : undefined);
