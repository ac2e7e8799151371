import { type Danger, danger } from "../plan.ts";
import { environmentOf, type LintOptions, list, map, type Part, text, variablesIn, withDefaults } from "./model.ts";

const secretKey =
  /(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|(^|_)(PASS|PWD|SALT|CREDENTIALS?|(API|APP|AUTH|ACCESS|PRIVATE|ENCRYPTION|MASTER|JWT|SECRET)_?KEY(_ID|_BASE)?))\d*$/;
const words = (key: string) => key.replace(/([a-z\d])([A-Z])/g, "$1_$2").toUpperCase();
/** Such keys say yes or no to something about a secret. */
const aboutSecret = /(^|_)(ALLOW|RANDOM|DISABLE|ENABLE|REQUIRE|NO|USE|HAS|IS|SHOW|HIDE|RESET|CHANGE|EMPTY|FORCE|ROTATE|GENERATE)[A-Z]*_/;
const yesOrNo = /^(true|false|yes|no|on|off|none|null|[01])$/i;
const inAddress = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s:]*:([^/@\s]+)@/i;
const inCommand = /(?:^|\s)--(?:requirepass|password|passwd|pass|token|secret|api-key|secret-key)[= ]+["']?([^\s"']+)/i;

/** Secrets that stand in the file itself. What a variable gives is none: nothing of these services may be resolved yet. */
export function literalSecrets(source: unknown, services: ReadonlySet<string>, options: LintOptions): Danger[] {
  const all = map(map(source).services);
  return [...services].flatMap((service) => {
    const definition = map(all[service]);
    const variables = [...environmentWithBases(service, all)].filter(([key, value]) => value !== null && isSecret(key, value, options));
    const inWords = ["command", "entrypoint"].filter((key) => secretIn(list(definition[key]).map(text).join(" "), inCommand, options));
    return [
      ...variables.map(([key]) => literal(service, key, `The variable ${key}`)),
      ...inWords.map((key) => literal(service, key, `The ${key}`)),
    ];
  });
}

const literal = (service: string, about: string, what: string): Danger =>
  danger("literal-secret", {
    service,
    about,
    message: `${what} of ${service} holds a secret in the compose file, where it is kept in every version and read by everyone who sees the file.`,
    remedy: `Write a variable in its place, such as \${${/^[A-Z][A-Z0-9_]*$/.test(about) ? about : "PASSWORD"}}, and add that variable to the app as a secret.`,
  });

function isSecret(key: string, value: string, options: LintOptions): boolean {
  if (secretIn(value, inAddress, options)) return true;
  if (!secretKey.test(words(key))) return false;
  const known = literalOf(value, options);
  if (known === undefined || known === "" || isPath(known)) return false;
  return !(yesOrNo.test(known) || (aboutSecret.test(words(key)) && /^\w{1,5}$/.test(known)));
}

function secretIn(value: string, where: RegExp, options: LintOptions): boolean {
  const found = where.exec(value)?.[1];
  const known = found && literalOf(found, options);
  return Boolean(known) && !isPath(known!);
}

/** Undefined where a variable decides. A default counts only where it is known that nothing takes its place. */
function literalOf(value: string, { variables }: LintOptions): string | undefined {
  const names = variablesIn(value);
  if (names.length === 0) return value.includes("$") ? undefined : value;
  if (!variables || names.some((name) => variables.has(name))) return undefined;
  return withDefaults(value);
}

const isPath = (value: string) => /^(\.{0,2}\/|~\/)/.test(value);

/** A service has the variables of those it extends as well. */
function environmentWithBases(service: string, all: Part, depth = 0): Map<string, string | null> {
  const definition = map(all[service]);
  const base = typeof definition.extends === "string" ? definition.extends : text(map(definition.extends).service);
  const inherited = base !== "" && depth < 10 ? environmentWithBases(base, all, depth + 1) : new Map<string, string | null>();
  return new Map([...inherited, ...environmentOf(definition)]);
}
