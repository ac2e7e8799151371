import { genSalt, hash as bcrypt } from "bcryptjs";
import type { ChangeDomain } from "@appos/shared/domains";
import type { AskedAccess, ShownAccess, SiteAccess } from "@appos/shared/site-options";
import { AppError } from "../../errors.ts";
import type { NameSettings } from "./store.ts";

type Options = Omit<NameSettings, "name" | "appId" | "aliasOf">;
export type GivenOptions = Pick<ChangeDomain, keyof Options>;

/** What a name is that is new. */
export const usual: Options = {
  https: "acme",
  certificateId: null,
  dnsProviderId: null,
  forceHttps: true,
  www: false,
  headers: [],
  hsts: false,
  access: null,
  maxBodyMb: null,
  compress: true,
  downPage: null,
};
const keys = Object.keys(usual) as (keyof Options)[];

export const settingsOf = (row: NameSettings): NameSettings => {
  const { name, appId, aliasOf } = row;
  return { name, appId, aliasOf, ...optionsOf(row) };
};
const optionsOf = (row: Options) => Object.fromEntries(keys.map((key) => [key, row[key]])) as unknown as Options;
export const sameOptions = (before: Options, now: Options) => JSON.stringify(optionsOf(before)) === JSON.stringify(optionsOf(now));

/**
 * bcrypt is what all three proxies check: Caddy and Traefik by themselves, nginx by the libc that it runs on (libxcrypt or musl). nginx does
 * so at every request, and each round more takes it twice as long: with this many, some 15 ms.
 */
const ROUNDS = 8;

/** What is asked for, as it is kept where `now` says who may visit by now. Passwords are hashed here, and are nowhere from then on. */
export async function optionsFrom({ access, ...given }: GivenOptions): Promise<(now: SiteAccess | null) => Partial<Options>> {
  const plain = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<Options>;
  if (access === undefined) return () => plain;
  if (access === null) return () => ({ ...plain, access });
  const { users, networks } = access;
  const hashes: (string | undefined)[] = [];
  for (const { password } of users) hashes.push(password === undefined ? undefined : await bcrypt(password, await genSalt(ROUNDS)));
  return (now) => ({
    ...plain,
    access: { users: users.map(({ name }, i) => ({ name, hash: hashes[i] ?? kept(name, i, now) })), networks },
  });
}

function kept(name: string, i: number, now: SiteAccess | null): string {
  const user = now?.users.find((each) => each.name === name);
  if (user) return user.hash;
  const message = `Give ${name} a password.`;
  throw new AppError("INVALID_REQUEST", message, [{ path: `access.users.${i}.password`, message }]);
}

/** As it may be compared and kept: without what somebody typed as a password. */
export const withoutPasswords = (given: GivenOptions) => (given.access ? { ...given, access: shownAccess(given.access) } : given);

export const shownAccess = ({ users, networks }: AskedAccess | SiteAccess): ShownAccess => ({
  users: users.map(({ name }) => ({ name })),
  networks,
});
