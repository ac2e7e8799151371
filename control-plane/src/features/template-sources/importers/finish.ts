import { lintCompose } from "@appos/shared/compose-lint";
import { ConfigFilePath } from "@appos/shared/config-files";
import type { Danger } from "@appos/shared/plan";
import { planRules } from "@appos/shared/plan";
import { Template, type TemplateFile } from "@appos/shared/templates";
import { stringify } from "yaml";
import { categoriesFor } from "./categories.ts";
import { cleanService, joinNetworks } from "./clean-service.ts";
import { writeEnvironment } from "./environment.ts";
import type { Draft } from "./importer.ts";
import { Untranslatable } from "./untranslatable.ts";
import { askForTheRest, finishedInput, used, withoutDefaults } from "./inputs.ts";
import { mapTexts, replaceVariables, textsIn } from "./interpolation.ts";
import { translateMounts } from "./mounts.ts";
import { checkPorts, translateRoutes } from "./ports.ts";
import { isMap, list, map, type Part, text, webAddress } from "./reading.ts";
import { replaceSecrets } from "./secrets.ts";

export interface Finished {
  template: Template;
  dangers: Danger[];
  dropped: string[];
}

/** Makes plain compose of what a source says, and a template that AppOS can install. Throws Untranslatable. */
export function finish(id: string, draft: Draft): Finished {
  const services = map(draft.model.services);
  const names = Object.keys(services);
  if (names.length === 0) throw new Untranslatable("It has no services.");
  for (const name of names) {
    if (!isMap(services[name])) throw new Untranslatable(`The service ${name} says nothing.`);
    if (!/^[a-zA-Z0-9._-]+$/.test(name)) throw new Untranslatable(`${name} is no name that a service can have.`);
  }
  const containers = containerNames(services);
  for (const name of names) {
    const service = map(services[name]);
    writeEnvironment(name, service, draft);
    cleanService(name, service, draft);
    checkPorts(name, service);
  }
  const mentioned = [...textsIn(services), ...[...draft.files.values()].map(({ content }) => content), ...inputTexts(draft)].join("\n");
  joinNetworks(services, containers, (name) => mentioned.includes(name));
  const { volumes, data, used: mounted } = translateMounts(draft);
  const given = givenFiles(draft, mounted);
  const routes = translateRoutes(draft);
  replaceSecrets(draft);
  const model: Part = { services, ...(Object.keys(volumes).length > 0 && { volumes }), ...given };
  draft.model = model;
  askForTheRest(draft);
  const plain = mapTexts(model, (each) => withoutDefaults(draft)(replaceVariables(each, () => undefined)));
  const files = [...draft.files].flatMap(([path, file]) => (mounted.has(path) ? asFile(path, file, draft) : []));
  const filled = files.filter(({ fill }) => fill).map(({ content }) => content);
  const inputs = used(draft, routes, [...textsIn(plain), ...filled]).map(([key, input]) => finishedInput(key, input, draft.dropped));
  const dangers = [...lintCompose(plain), ...draft.hooks.map(hookDanger)];
  const template = parsed({
    id,
    name: draft.name.trim().slice(0, 80),
    version: draft.version.trim().slice(0, 80) || "1",
    description: sentence(draft.description || draft.name),
    about: draft.about?.trim().slice(0, 4_000) || undefined,
    notes: draft.notes?.trim().slice(0, 2_000) || undefined,
    categories: categoriesFor(draft.categories),
    links: linksOf(draft),
    arch: architectures(draft),
    requirements: draft.memoryMiB ? { memoryMiB: Math.ceil(draft.memoryMiB) } : undefined,
    inputs,
    routes: routes.map(({ service, port, path, primary, key }) => ({
      service,
      port,
      path: path?.startsWith("/") ? path.slice(0, 200) : "/",
      primary: primary ?? false,
      ...(key !== undefined && { publishedAs: key }),
    })),
    files,
    dataPaths: data.filter(({ path }) => path.startsWith("/")),
    compose: stringify(plain, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false }),
  });
  return { template, dangers, dropped: [...draft.dropped].map((each) => each.slice(0, 500)).slice(0, 100) };
}

/** By service; with one that is the same for several there is nothing to tell them apart. */
function containerNames(services: Part): Map<string, string> {
  const named = Object.entries(services).map(([name, service]) => [name, text(map(service).container_name)] as const);
  return new Map(named.filter(([, container]) => /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(container)));
}
const inputTexts = ({ inputs }: Draft) =>
  [...inputs.values()].flatMap(({ default: value, generator }) => [value ?? "", generator?.kind === "text" ? generator.value : ""]);

/** What Compose itself hands to services as configs and secrets, where the template brings it. */
function givenFiles(draft: Draft, mounted: Set<string>): Part {
  return Object.fromEntries(
    (["configs", "secrets"] as const).flatMap((kind) => {
      const all = Object.entries(map(draft.model[kind])).map(([name, value]) => {
        const { file, content, environment } = map(value);
        const path = text(file).replace(/^\.\//, "");
        if (path !== "" && draft.files.has(path)) return mounted.add(path) && [name, { file: `./${path}` }];
        if (typeof content === "string") return [name, { content }];
        if (typeof environment === "string") return [name, { environment }];
        throw new Untranslatable(`It needs ${name} of ${kind}, which somebody has to make first.`);
      });
      return all.length > 0 ? [[kind, Object.fromEntries(all)]] : [];
    }),
  );
}

function asFile(path: string, { content, fill = false }: { content: string; fill?: boolean }, { dropped }: Draft): TemplateFile[] {
  const isText = !content.includes("\0") && !content.includes("\uFFFD");
  if (ConfigFilePath.safeParse(path).success && isText && content.length <= 131_072)
    return [{ path, content, encoding: "text", executable: path.endsWith(".sh") || content.startsWith("#!"), fill }];
  dropped.add(`The file ${path} was left out: it is too large, no text, or has a name that an app's file cannot have.`);
  return [];
}

export const hookDanger = (hook: string): Danger => ({
  rule: "shell-hook",
  level: planRules["shell-hook"].level,
  id: `shell-hook:${hook}`.slice(0, 300),
  message: `The template brings ${hook}, which its own platform runs. AppOS does not run it.`,
  remedy: "Look at what it does before you install the app: something may have to be done by hand.",
});

const sentence = (words: string) => {
  const line = words.replace(/\s+/g, " ").trim();
  return line.length <= 300 ? line : `${line.slice(0, 296).replace(/\s\S*$/, "")} …`;
};

function linksOf({ links }: Draft) {
  const all = Object.entries(links).map(([name, address]) => [name, webAddress(address)] as const);
  return Object.fromEntries(all.filter(([, address]) => address !== undefined));
}

function architectures({ arch }: Draft) {
  if (!arch || arch.length === 0) return undefined;
  const known = { amd64: "amd64", x86_64: "amd64", "x86-64": "amd64", arm64: "arm64", aarch64: "arm64", "arm64/v8": "arm64" } as Record<
    string,
    string
  >;
  const found = [...new Set(arch.flatMap((name) => known[name.toLowerCase()] ?? []))];
  if (found.length === 0) throw new Untranslatable(`It runs on ${list(arch).map(text).join(", ")} only.`);
  return found;
}

function parsed(template: unknown): Template {
  const { data, error } = Template.safeParse(JSON.parse(JSON.stringify(template)));
  if (data) return data;
  const [issue] = error.issues;
  throw new Untranslatable(`It does not fit: ${issue!.path.map(String).join(".")}: ${issue!.message}.`.replace("..", "."));
}
