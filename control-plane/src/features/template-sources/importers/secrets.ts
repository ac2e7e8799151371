import type { Draft } from "./importer.ts";
import { pieces, textsIn } from "./interpolation.ts";
import { envKey, isMap, list, map, type Part, text } from "./reading.ts";

const secretName =
  /(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|(^|_)(PASS|PWD|SALT|CREDENTIALS?|(API|APP|AUTH|ACCESS|PRIVATE|ENCRYPTION|MASTER|JWT|SECRET)_?KEY(_BASE)?))\d*$/;
const aboutOne = /(^|_)(ALLOW|RANDOM|DISABLE|ENABLE|REQUIRE|NO|USE|HAS|IS|SHOW|HIDE|RESET|CHANGE|EMPTY|FORCE|ROTATE|GENERATE)[A-Z]*_/;
const words = (key: string) => key.replace(/([a-z\d])([A-Z])/g, "$1_$2").toUpperCase();
/** Whether a variable of this name holds a secret. */
export const isSecretName = (key: string) => secretName.test(words(key)) && !aboutOne.test(words(key));
/** Some images expect their database to have the password that all have. */
const ofDatabase = /^(POSTGRES|MYSQL|MARIADB|MONGO(_INITDB_ROOT|DB)?|REDIS|VALKEY|RABBITMQ_DEFAULT|CLICKHOUSE)_PASS(WORD)?$/;
const isNoSecret = (value: string) =>
  value === "" || /^(true|false|yes|no|on|off|none|null|[01])$/i.test(value) || /^(\.{0,2}\/|~\/|https?:)/.test(value);
const inAddress = /([a-z][a-z0-9+.-]*:\/\/[^/@\s:$]*:)([^/@\s$]+)(@)/gi;

/**
 * Passwords that stand in a template are known to everybody who has read it. Each becomes one that is made at the install: the same wherever it
 * stood, in other variables, in addresses and in commands.
 */
export function replaceSecrets(draft: Draft) {
  const services = Object.entries(map(draft.model.services)).map(([name, service]) => [name, map(service)] as const);
  const found = new Map<string, string>();
  const isKnown = (value: string) => [...draft.files.values()].some(({ content }) => value.length >= 4 && content.includes(value));
  const inServices = (value: string) => services.filter(([, service]) => [...textsIn(service)].some((text) => text.includes(value))).length;
  const learn = (value: string, name: string) => {
    const plain = plainText(value);
    if (plain === undefined || isNoSecret(plain) || found.has(plain) || isKnown(plain)) return;
    if (ofDatabase.test(name) && services.length > 1 && inServices(plain) === 1) {
      draft.dropped.add(`${name} stays as it stands in the template: which other service knows it is not said there.`);
      return;
    }
    found.set(plain, freeKey(envKey(words(name)), draft));
  };
  for (const [name, service] of services) {
    for (const [key, value] of Object.entries(map(service.environment))) {
      if (isSecretName(key)) learn(text(value), key);
      for (const [, , password] of text(value).matchAll(inAddress)) learn(password!, `${name}_PASSWORD`);
    }
  }
  if (found.size === 0) return;
  for (const [, service] of services) replaceIn(service, found);
  for (const key of found.values()) {
    draft.inputs.set(key, {
      label: key,
      type: "password",
      secret: true,
      generator: { kind: "alnum", length: 24, lower: false },
      editableAfterInstall: false,
    });
    draft.dropped.add(`${key} had one value for everybody who installs the template. It is made anew for each app.`);
  }
}

function replaceIn(service: Part, found: Map<string, string>) {
  const environment = map(service.environment);
  const users = new Set(Object.entries(environment).flatMap(([key, value]) => (isSecretName(key) ? [] : [text(value)])));
  for (const [key, value] of Object.entries(environment)) {
    const known = isSecretName(key) ? found.get(plainText(text(value)) ?? "") : undefined;
    if (known !== undefined) environment[key] = `\${${known}}`;
    else
      environment[key] = text(value).replace(inAddress, (all, head: string, password: string, tail: string) => {
        const name = found.get(plainText(password) ?? "");
        return name === undefined ? all : `${head}\${${name}}${tail}`;
      });
  }
  const inWords = (line: string) =>
    [...found].reduce((changed, [value, key]) => {
      // What is a user's or a database's name as well is not the password everywhere.
      const at =
        users.has(value) || value.length < 6
          ? new RegExp(`((?:--?(?:requirepass|password|passwd|pass|a|p)[= ]?)["']?)${literal(value)}(?![\\w-])`, "g")
          : new RegExp(`()(?<![\\w/-])${literal(value)}(?![\\w-])`, "g");
      return changed.replace(at, (_, head: string) => `${head}\${${key}}`);
    }, line);
  for (const key of ["command", "entrypoint"] as const) service[key] = inList(service[key], inWords);
  if (isMap(service.healthcheck)) service.healthcheck = { ...service.healthcheck, test: inList(service.healthcheck.test, inWords) };
  for (const key of ["command", "entrypoint"]) if (service[key] === undefined) delete service[key];
}

/** The words of a list one by one; of a flag and its value together. */
function inList(value: unknown, change: (line: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (!Array.isArray(value)) return value;
  return list(value).map((each, at) => {
    const before = text(value[at - 1]);
    if (!/^--?(requirepass|password|passwd|pass|a|p)$/.test(before)) return typeof each === "string" ? change(each) : each;
    return change(`${before} ${text(each)}`).slice(before.length + 1);
  });
}

/** Undefined where a variable is in it. */
function plainText(value: string): string | undefined {
  const all = pieces(value);
  return all.every((piece) => typeof piece === "string") ? all.join("").replaceAll("$$", "$") : undefined;
}
const literal = (value: string) => value.replaceAll("$", "$$$$").replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

export function freeKey(base: string, { inputs }: Draft): string {
  for (let n = 1; ; n++) {
    const key = n === 1 ? base : `${base}_${n}`;
    if (!inputs.has(key)) return key;
  }
}
