import { PASSWORD_LENGTH } from "@appos/shared/auth";
import { fromBase64Url, sameBytes, toBase64Url } from "../../bytes.ts";
import type { Keys } from "../../ports.ts";

const COST = { N: 2 ** 15, r: 8, p: 1, length: 32 };

/** Text that says how it was made, so that the cost may grow: `scrypt$N$r$p$salt$key`. */
export async function hashPassword({ scrypt }: Keys, password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const key = await scrypt(password, salt, COST);
  return ["scrypt", COST.N, COST.r, COST.p, toBase64Url(salt), toBase64Url(key)].join("$");
}

/** Takes as long when there is no such account: `hash` undefined. */
export async function passwordFits({ scrypt }: Keys, password: string, hash: string | undefined): Promise<boolean> {
  const [, N, r, p, salt = "", key = ""] = (hash ?? nobody).split("$");
  const found = await scrypt(password, fromBase64Url(salt), { N: Number(N), r: Number(r), p: Number(p), length: COST.length });
  return sameBytes(found, fromBase64Url(key)) && hash !== undefined;
}

const nobody = ["scrypt", COST.N, COST.r, COST.p, toBase64Url(new Uint8Array(16)), toBase64Url(new Uint8Array(32))].join("$");

const common =
  /^(.)\1+$|^(?:(?:password|passw0rd|qwerty|qwertz|letmein|welcome|admin|administrator|iloveyou|changeme|appos|secret)[0-9!.]*)+$|^0?(?:123456789?0?)+$/i;

/** What is wrong with a password, if anything. `about` is what somebody guessing would try first: name and address. */
export function passwordWeakness(password: string, about: string[]): string | undefined {
  if ([...password].length < PASSWORD_LENGTH) return `A password has at least ${PASSWORD_LENGTH} characters.`;
  if (common.test(password)) return "This password is among the first that anyone would try.";
  const plain = password.toLowerCase();
  const known = about.flatMap((text) => [text.toLowerCase(), text.toLowerCase().split("@")[0]!]);
  if (known.some((text) => text.length > 3 && (plain === text || plain.replace(/[0-9!.]+$/, "") === text))) {
    return "This password is your name or address.";
  }
  return undefined;
}
