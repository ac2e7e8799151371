import type { Generator } from "@appos/shared/templates";
import type { DraftInput } from "./importer.ts";
import { Untranslatable } from "./untranslatable.ts";
import { envKey, json, map, text } from "./reading.ts";

const helper = /\$\{([^${}]+)\}/g;
const EXPIRES = Math.floor(Date.UTC(2030, 0, 1) / 1_000);

/** The words of one template: its variables, and what its helpers make, as inputs. */
export function dokployWords(
  variables: Map<string, string>,
  inputs: Map<string, DraftInput>,
  known: (name: string) => boolean,
  port: () => string | undefined,
) {
  const keys = new Map<string, string>();
  const domains = new Map<string, string | undefined>();
  const busy = new Set<string>();

  const address = (form: "host" | "url", at: string | undefined): Generator => ({
    kind: "address",
    form,
    ...(at !== undefined && { port: at }),
  });
  const free = (base: string) => {
    for (let n = 1; ; n++) {
      const key = n === 1 ? base : `${base}_${n}`;
      if (!inputs.has(key) && !known(key)) return key;
    }
  };
  const hidden = (key: string, generator: Generator, secret?: boolean): string => {
    inputs.set(key, { label: key, hidden: true, ...(secret !== undefined && { secret }), generator, editableAfterInstall: false });
    return key;
  };

  /** What a helper makes; undefined for what is none. */
  function make(word: string, base: string): string | undefined {
    const [name = "", ...args] = word.split(":");
    const n = (otherwise: number, most = 512) => Math.min(most, Math.max(1, Number.parseInt(args[0] ?? "", 10) || otherwise));
    const at = Date.parse(args.join(":"));
    const simple: Record<string, () => Generator> = {
      password: () => ({ kind: "alnum", length: n(16), lower: true }),
      base64: () => ({ kind: "base64", bytes: n(32) }),
      hash: () => ({ kind: "hex", chars: Math.max(2, n(8)) }),
      uuid: () => ({ kind: "uuid" }),
      randomPort: () => ({ kind: "port", from: 20_000 }),
      email: () => ({ kind: "email" }),
      username: () => ({ kind: "username" }),
      domain: () => address("host", port()),
    };
    if (name === "jwt") return jwt(args, base);
    if (/^timestamp(ms|s)?$/.test(name)) {
      const seconds = name === "timestamps";
      if (Number.isNaN(at)) return hidden(free(base), { kind: "timestamp", unit: seconds ? "seconds" : "milliseconds" }, false);
      const key = free(base);
      inputs.set(key, { label: key, hidden: true, default: String(seconds ? Math.floor(at / 1_000) : at) });
      return key;
    }
    return simple[name] && hidden(free(base), simple[name](), ["password", "base64", "hash", "uuid"].includes(name));
  }

  /** With a number it is so many random bytes and no token; else it is signed with what a variable holds. */
  function jwt([first = "", payload]: string[], base: string): string {
    if (/^\d{1,3}$/.test(first)) return hidden(free(base), { kind: "hex", chars: Math.max(2, Number(first) * 2) }, true);
    const secretRef =
      first === "" ? hidden(free(`${base}_SIGNED_WITH`), { kind: "alnum", length: 32, lower: false }, true) : variable(first);
    if (secretRef === undefined) throw new Untranslatable(`A token is to be signed with ${first}, which the template does not define.`);
    const given = payload === undefined ? {} : map(json(variables.get(payload) ?? "", `The variable ${payload}`));
    const plain = Object.entries(given).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
    const claims = { iss: "dokploy", exp: EXPIRES, ...Object.fromEntries(plain) } as Record<string, string | number | boolean>;
    return hidden(free(base), { kind: "jwt", alg: "HS256", secretRef, claims }, true);
  }

  /** The input of a variable; undefined where there is none of this name. */
  function variable(name: string): string | undefined {
    const key = keys.get(name);
    if (key !== undefined) return key;
    const value = variables.get(name);
    if (value === undefined) return undefined;
    if (busy.has(name)) throw new Untranslatable(`The variable ${name} refers to itself.`);
    busy.add(name);
    const base = envKey(name).toUpperCase();
    const only = /^\$\{([^${}]+)\}$/.exec(value)?.[1];
    const made = only === undefined ? undefined : (variable(only) ?? make(only, base));
    const found = made ?? (value.includes("${") ? composed(free(base), value, base) : fixed(free(base), value));
    if (only?.split(":")[0] === "domain") domains.set(name, undefined);
    keys.set(name, found);
    busy.delete(name);
    return found;
  }
  const fixed = (key: string, value: string) => {
    inputs.set(key, { label: key, hidden: true, default: value, required: false });
    return key;
  };
  const composed = (key: string, value: string, base: string) => {
    inputs.set(key, { label: key, hidden: true });
    return hidden(key, { kind: "text", value: joined(value, base) });
  };

  /** A text of which the helpers and variables are inputs, as `text` generators and filled files have it. What is neither stays as it is. */
  function joined(value: string, base: string): string {
    let out = "";
    let from = 0;
    for (const found of value.matchAll(helper)) {
      const before = value.slice(from, found.index);
      const domain = domains.has(found[1]!) || variables.get(found[1]!)?.startsWith("${domain");
      const scheme = domain ? /https?:\/\/$/.exec(before)?.[0] : undefined;
      const key = scheme ? url(found[1]!) : (variable(found[1]!) ?? make(found[1]!, base));
      out += (scheme ? before.slice(0, -scheme.length) : before).replaceAll("$", "$$$$");
      out += key !== undefined ? `\${${key}}` : known(found[1]!) ? `\${${envKey(found[1]!)}}` : `$${found[0]}`;
      from = found.index + found[0].length;
    }
    return out + value.slice(from).replaceAll("$", "$$$$");
  }

  /** Here no proxy gives a domain an address of its own, so the address has the port in it. */
  function url(name: string): string {
    const key = `${envKey(name).toUpperCase()}_URL`;
    const generator = inputs.get(variable(name) ?? "")?.generator;
    const at = generator?.kind === "address" ? generator.port : undefined;
    if (!inputs.has(key)) hidden(key, address("url", at), false);
    return key;
  }

  /** The domain of a route leads to that route's port. */
  function leadsTo(host: string, at: string) {
    const name = /^\$\{([^${}]+)\}$/.exec(text(host))?.[1];
    const key = name === undefined ? undefined : variable(name);
    const input = key === undefined ? undefined : inputs.get(key);
    if (input?.generator?.kind === "address") input.generator = address("host", at);
  }
  return { joined, variable, leadsTo };
}
