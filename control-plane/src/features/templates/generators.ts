import type { Generator } from "@appos/shared/templates";
import { toBase64Url, utf8 } from "../../bytes.ts";
import { filled } from "./placeholders.ts";

/** What a value may be made from. */
export interface Making {
  now: number;
  /** What other inputs are; undefined where one has no value yet. */
  value(key: string): string | undefined;
  /** The first port from here on that is free on the server, as far as anybody knows. */
  freePort(from: number): number;
  /** Where the server is reached: a host name or an IP address. */
  address: string;
  /** The domain that it is reached by, and the input that says where it were published without; undefined where it gets none yet. */
  domain?: { name: string; url: string; insteadOf: string | undefined } | undefined;
  /** The key pair of that name; the same one for whoever asks. */
  keyPair(name: string): Promise<KeyPair>;
}

export interface KeyPair {
  public: string;
  private: string;
}

type Kind = Generator["kind"];
type Maker<K extends Kind> = (given: Extract<Generator, { kind: K }>, making: Making) => string | Promise<string>;

const DIGITS = "0123456789";
const LOWER = "abcdefghijklmnopqrstuvwxyz";
const UPPER = LOWER.toUpperCase();
/** None of them means anything to a shell, an address or YAML. */
const SYMBOLS = "-_.~^+=";
const DAY_S = 86_400;

const makers: { [K in Kind]: Maker<K> } = {
  alnum: ({ length, lower }) => randomOf(lower ? LOWER + DIGITS : LOWER + UPPER + DIGITS, length),
  symbols: ({ length }) => withOneOfEach([LOWER, UPPER, DIGITS, SYMBOLS], length),
  hex: ({ chars }) => randomOf("0123456789abcdef", chars),
  base64: ({ bytes }) => btoa(String.fromCharCode(...randomBytes(bytes))),
  uuid: () => crypto.randomUUID(),
  jwt: async ({ alg, secretRef, claims, days }, { now, value }) => {
    const iat = Math.floor(now / 1000);
    const exp = days === undefined ? {} : { exp: iat + days * DAY_S };
    return signed({ alg, typ: "JWT" }, { iat, ...exp, ...claims }, value(secretRef) ?? "");
  },
  port: ({ from }, { freePort }) => String(freePort(from)),
  username: () => `user-${randomOf(LOWER + DIGITS, 6)}`,
  email: () => `admin-${randomOf(LOWER + DIGITS, 6)}@example.org`,
  vapid: async ({ pair, half }, { keyPair }) => (await keyPair(pair))[half],
  timestamp: ({ unit }, { now }) => stamps[unit](now),
  address: ({ port, form }, { address, domain, value }) => {
    if (domain && (port === undefined || port === domain.insteadOf))
      return { url: domain.url, host: domain.name, "host-port": domain.name }[form];
    const at = port === undefined ? "" : `:${value(port) ?? ""}`;
    return { url: `http://${address}${at}`, host: address, "host-port": address + at }[form];
  },
  text: ({ value: template }, { value }) => filled(template, value),
};

export async function make(generator: Generator, making: Making): Promise<string> {
  const maker = makers[generator.kind] as Maker<Kind>;
  return maker(generator, making);
}

/** The inputs that have to have their values first. */
export function needs(generator: Generator): string[] {
  if (generator.kind === "text") return [...generator.value.matchAll(/\$\$|\$\{([A-Za-z_]\w*)\}/g)].flatMap(([, key]) => key ?? []);
  if (generator.kind === "jwt") return [generator.secretRef];
  return generator.kind === "address" && generator.port !== undefined ? [generator.port] : [];
}

const stamps = {
  seconds: (now: number) => String(Math.floor(now / 1000)),
  milliseconds: (now: number) => String(now),
  iso: (now: number) => new Date(now).toISOString(),
};

const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));

/** Each character as likely as the next: bytes that would favour some are thrown away. */
function randomOf(alphabet: string, length: number): string {
  const fair = 256 - (256 % alphabet.length);
  let made = "";
  while (made.length < length)
    for (const byte of randomBytes(2 * length)) if (byte < fair && made.length < length) made += alphabet[byte % alphabet.length];
  return made;
}

/** What insists on every kind of character gets one of each. */
function withOneOfEach(alphabets: string[], length: number): string {
  const all = alphabets.join("");
  for (;;) {
    const made = randomOf(all, length);
    if (length < alphabets.length || alphabets.every((alphabet) => [...made].some((char) => alphabet.includes(char)))) return made;
  }
}

const HASHES = { HS256: "SHA-256", HS384: "SHA-384", HS512: "SHA-512" } as const;

async function signed(header: { alg: keyof typeof HASHES; typ: string }, claims: object, secret: string): Promise<string> {
  const text = [header, claims].map((part) => toBase64Url(utf8(JSON.stringify(part)))).join(".");
  const algorithm = { name: "HMAC", hash: HASHES[header.alg] };
  const key = await crypto.subtle.importKey("raw", utf8(secret), algorithm, false, ["sign"]);
  return `${text}.${toBase64Url(await crypto.subtle.sign("HMAC", key, utf8(text)))}`;
}

/** Each platform has a name of its own for it. */
type Key = Parameters<typeof crypto.subtle.exportKey>[1];

/** As web push wants it: P-256, the public half as an uncompressed point. */
export async function newKeyPair(): Promise<KeyPair> {
  const keys = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"])) as {
    publicKey: Key;
    privateKey: Key;
  };
  const { d } = (await crypto.subtle.exportKey("jwk", keys.privateKey)) as { d?: string };
  return { public: toBase64Url((await crypto.subtle.exportKey("raw", keys.publicKey)) as ArrayBuffer), private: d! };
}
