import { ConfigFilePath } from "@appos/shared/config-files";
import type { Draft } from "./importer.ts";
import { variablesIn, withDefaults } from "./interpolation.ts";
import { isMap, list, map, type Part, slug, text } from "./reading.ts";

/** Of the server itself, and no place for an app's data. */
const ofTheServer =
  /^\/($|(var\/run|run|proc|sys|dev|etc|lib|lib64|usr|bin|sbin|boot|root|var\/lib\/docker|var\/log|tmp\/\.X11-unix)(\/|$))/;
const fileName =
  /\.(conf|cfg|cnf|ini|json|ya?ml|toml|env|sh|txt|xml|sql|db|sqlite3?|pem|crt|key|php|js|lua|properties|template|htpasswd|list)$/i;

interface Mount {
  service: string;
  entry: unknown;
  source: string;
  target: string;
  readOnly: boolean;
}

/**
 * Where data lies: what the template kept in folders of its platform becomes volumes with names, which begin with what the image has there,
 * belong to whom the image says, and stay when the app is removed. What it brings files for, and folders in each other, stay folders of the app.
 */
export function translateMounts(draft: Draft): { volumes: Part; data: { service: string; path: string }[]; used: Set<string> } {
  const services = Object.entries(map(draft.model.services)).map(([name, service]) => [name, map(service)] as const);
  const declared = map(draft.model.volumes);
  const volumes: Part = {};
  const data: { service: string; path: string }[] = [];
  const used = new Set<string>();
  const all = services.flatMap(([service, definition]) => list(definition.volumes).map((entry) => read(service, entry)));
  const sources = new Map<string, string>();
  const named = new Set([...Object.keys(declared), ...all.flatMap(({ source }) => (isNamed(source) ? [source] : []))]);
  const folders = all.map(({ source }) => relative(source)).filter((path) => path !== undefined && !draft.files.has(path)) as string[];
  const isNested = (path: string) => folders.some((other) => other.startsWith(`${path}/`) || path.startsWith(`${other}/`));

  for (const [name, service] of services) {
    const mounts = all.filter((mount) => mount.service === name);
    if (mounts.length === 0) continue;
    const kept = mounts.flatMap((mount) => translated(mount) ?? []);
    const targets = new Set<string>();
    service.volumes = kept.filter(({ target }) => !targets.has(target) && targets.add(target)).map(({ entry }) => entry);
    if (list(service.volumes).length === 0) delete service.volumes;
    const owned = data.some((each) => each.service === name) && /^([1-9]\d*|\$\{?\w+\}?)(:(\d+|\$\{?\w+\}?))?$/.test(text(service.user));
    if (owned) {
      draft.dropped.add(
        `The service ${name} runs as the user of its image, not as ${text(service.user)}: its new volumes belong to that one.`,
      );
      delete service.user;
    }
  }
  return { volumes, data, used };

  /** The same source gives the same volume; others never do. */
  function nameFor(path: string, source: string): string {
    const base = slug(path.replace(/^\.?\/*/, ""), "data");
    let name = base;
    for (let n = 2; (named.has(name) || sources.has(name)) && sources.get(name) !== source; n++) name = `${base}-${n}`;
    sources.set(name, source);
    return name;
  }

  function translated(mount: Mount): { entry: unknown; target: string } | undefined {
    const { source, target, readOnly } = mount;
    const write = (from: string) => ({ target, entry: `${from}:${target}${readOnly ? ":ro" : ""}` });
    const volume = (name: string) => {
      volumes[name] = {};
      if (!readOnly) data.push({ service: mount.service, path: target });
      return write(name);
    };
    if (source === "") return isMap(mount.entry) ? { target, entry: mount.entry } : volume(nameFor(target, `${mount.service}:${target}`));
    if (isNamed(source)) {
      if (map(declared[source]).driver_opts !== undefined) draft.dropped.add(`The volume ${source} became a plain one, without options.`);
      return volume(source);
    }
    const path = relative(source);
    if (path === undefined && ofTheServer.test(source)) {
      const isTime = ["etc/localtime", "etc/timezone"].includes(clean(source));
      return { target, entry: `${source}:${target}${readOnly || isTime ? ":ro" : ""}` };
    }
    if (path === undefined) return fromElsewhere(source);
    if (draft.files.has(path)) return used.add(path) && write(`./${path}`);
    const inside = [...draft.files.keys()].filter((file) => path === "" || file.startsWith(`${path}/`));
    if (inside.length > 0 && path !== "") {
      for (const file of inside) used.add(file);
      return write(`./${path}`);
    }
    if (fileName.test(path) && fileName.test(target)) {
      draft.dropped.add(
        `The file ${path}, which ${mount.service} mounts as ${target}, is not in the template, so it was left out: what is written to it lasts as long as its container.`,
      );
      return undefined;
    }
    if (isNested(path) && ConfigFilePath.safeParse(path).success) {
      if (!readOnly) data.push({ service: mount.service, path: target });
      return write(`./${path}`);
    }
    return volume(nameFor(path || target, `./${path || target}`));

    function fromElsewhere(host: string) {
      draft.dropped.add(
        `${mount.service} kept ${target} in ${host} of the server. It has a volume of its own in its place: mount the folder there if it is to see what is in it.`,
      );
      return volume(nameFor(host, clean(host)));
    }
  }
}

const isNamed = (source: string) => /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(source);

/** The path below the app's folder; undefined for what lies elsewhere. */
function relative(source: string): string | undefined {
  if (!/^(\.|~)/.test(source)) return isNamed(source) || source.startsWith("/") || source === "" ? undefined : clean(source);
  return clean(source.replace(/^~/, "home"));
}
function clean(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function read(service: string, entry: unknown): Mount {
  if (isMap(entry)) {
    const { type, source, target, read_only } = entry;
    const isMount = type === "bind" || type === "volume" || type === undefined;
    return { service, entry, source: isMount ? known(text(source)) : "", target: text(target), readOnly: read_only === true };
  }
  const parts = splitAtColons(text(entry));
  const [source, target, mode = ""] = parts.length === 1 ? ["", parts[0]!] : parts;
  return { service, entry: text(entry), source: known(source!), target: known(target!), readOnly: mode.split(",").includes("ro") };
}

/** With the defaults of its variables; one that has none gives the folder its name. */
function known(source: string): string {
  const filled = withDefaults(source);
  if (filled !== undefined) return filled.replaceAll("$$", "$");
  const names = variablesIn(source).map(({ name }) => name.toLowerCase());
  const rest = source.replace(/\$\{[^}]*\}|\$\w+/g, "");
  return `./${slug(`${names.join("-")}-${rest}`)}`;
}

/** Colons in the braces of a variable belong to it. */
export function splitAtColons(entry: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const character of entry) {
    if (character === "{") depth++;
    if (character === "}") depth--;
    if (character === ":" && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts;
}
