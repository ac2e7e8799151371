import { DnsProviderFailed } from "./failed.ts";
import type { Tools } from "./tools.ts";

/** What a provider's API may be asked, and how it says what is wrong. */
export interface Api {
  base: string;
  token: string;
  /** Its own words, in an answer that is a refusal. */
  words(answer: unknown): string | undefined;
}

export interface ApiAnswer {
  status: number;
  /** Undefined where it is no JSON. */
  body: unknown;
  isOk: boolean;
  /** What was refused, in the provider's words. */
  problem: string;
}

/** One request, with the token, to be answered with JSON. Rejects where there is no answer. */
export async function ask(
  { base, token, words }: Api,
  { method, path, body }: { method: "GET" | "POST" | "DELETE"; path: string; body?: object },
  { outside }: Tools,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  const headers = { authorization: `Bearer ${token}`, accept: "application/json", ...(body && { "content-type": "application/json" }) };
  const asked = { url: `${base}${path}`, method, headers, ...(body && { body: JSON.stringify(body) }) };
  const { status, text } = await outside.ask(asked, signal).catch((error: unknown) => {
    throw new DnsProviderFailed(`could not be asked: ${error instanceof Error ? error.message : String(error)}`);
  });
  const answer = jsonOf(text);
  return { status, body: answer, isOk: status >= 200 && status < 300, problem: words(answer) ?? `it answers with status ${status}` };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const refused = (what: string, { problem }: Pick<ApiAnswer, "problem">) => new DnsProviderFailed(`did not ${what}: ${problem}`);
export const [TAKE, REMOVE, SHOW] = ["take the record", "remove the record", "show its records"] as const;

/** As providers have it that leave the zone out: `@` for the zone itself. */
export const withoutZone = (name: string, zone: string) => (name === zone ? "@" : name.slice(0, -zone.length - 1));
