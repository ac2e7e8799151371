import type { Draft } from "./importer.ts";
import { escaped } from "./interpolation.ts";
import { dotenv, envKey, list, map, type Part, text } from "./reading.ts";

/** The variables of a service as a map, whichever way they are written; what is handed through is a variable of the app. */
export function readEnvironment(service: Part): Record<string, string> {
  const { environment } = service;
  const entries = Array.isArray(environment)
    ? environment.map(text).map((entry): [string, string | null] => {
        const at = entry.indexOf("=");
        return at < 0 ? [entry.trim(), null] : [entry.slice(0, at).trim(), entry.slice(at + 1)];
      })
    : Object.entries(map(environment)).map(([key, value]): [string, string | null] => [key, value === null ? null : text(value)]);
  return Object.fromEntries(entries.filter(([key]) => key !== "").map(([key, value]) => [key, value ?? `\${${envKey(key)}}`]));
}

/** What files of variables give a service becomes its environment: the file of the app's own variables gives all of these. */
export function writeEnvironment(name: string, service: Part, draft: Draft) {
  const own = readEnvironment(service);
  const given: Record<string, string> = {};
  for (const each of list(service.env_file)) {
    const path = text(typeof each === "string" ? each : map(each).path).replace(/^\.\//, "");
    const file = draft.files.get(path);
    if (path === ".env" || path.endsWith("/.env")) for (const key of draft.dotenv ?? draft.inputs.keys()) given[key] = `\${${key}}`;
    else if (file) for (const [key, value] of dotenv(file.content)) given[key] = draft.inputs.has(key) ? `\${${key}}` : escaped(value);
    else draft.dropped.add(`${path}, a file of variables for ${name}, is not in the template, so it was left out.`);
  }
  delete service.env_file;
  const all = { ...given, ...own };
  if (Object.keys(all).length > 0) service.environment = all;
  else delete service.environment;
}
