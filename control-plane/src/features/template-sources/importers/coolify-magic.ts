import type { Generator } from "@appos/shared/templates";
import type { DraftInput } from "./importer.ts";

const alnum = (length: number, lower = false): Generator => ({ kind: "alnum", length, lower });
const jwt = (role: string): Generator => ({
  kind: "jwt",
  alg: "HS256",
  secretRef: "SERVICE_PASSWORD_JWT",
  claims: { iss: "supabase", role },
  days: 36_500,
});

/** What Coolify makes by itself, by what its variable begins with. "BASE64" is not base64, whatever its name. */
const commands: Record<string, Generator> = {
  PASSWORD: alnum(32),
  PASSWORD_64: alnum(64),
  PASSWORDWITHSYMBOLS: { kind: "symbols", length: 32 },
  PASSWORDWITHSYMBOLS_64: { kind: "symbols", length: 64 },
  USER: alnum(16),
  LOWERCASEUSER: alnum(16, true),
  BASE64: alnum(32),
  BASE64_32: alnum(32),
  BASE64_64: alnum(64),
  BASE64_128: alnum(128),
  REALBASE64: { kind: "base64", bytes: 32 },
  REALBASE64_32: { kind: "base64", bytes: 32 },
  REALBASE64_64: { kind: "base64", bytes: 64 },
  REALBASE64_128: { kind: "base64", bytes: 128 },
  HEX_32: { kind: "hex", chars: 32 },
  HEX_64: { kind: "hex", chars: 64 },
  HEX_128: { kind: "hex", chars: 128 },
  SUPABASEANON: jwt("anon"),
  SUPABASESERVICE: jwt("service_role"),
};
/** The longest that a name begins with counts: names have underscores of their own. */
const byLength = Object.keys(commands).sort((a, b) => b.length - a.length);

export interface Address {
  kind: "URL" | "FQDN";
  /** The service, as such names are written. */
  of: string;
  port: number | undefined;
}

/** An address that a variable asks for: SERVICE_URL_APP or SERVICE_FQDN_APP_3000. */
export function addressIn(variable: string): Address | undefined {
  const found = /^SERVICE_(URL|FQDN)_(.+?)(?:_(\d{2,5}))?$/.exec(variable);
  return found
    ? { kind: found[1] as Address["kind"], of: found[2]!, port: found[3] === undefined ? undefined : Number(found[3]) }
    : undefined;
}

/** "yields nothing" in Coolify is not guessed either. */
export function generated(variable: string): DraftInput | "nothing" | undefined {
  const rest = /^SERVICE_(.+)$/.exec(variable)?.[1];
  if (rest === undefined) return undefined;
  const command = byLength.find((each) => rest.startsWith(`${each}_`) || rest === each);
  if (command === undefined) return /^HEX(_|$)/.test(rest) ? "nothing" : undefined;
  return {
    label: variable,
    hidden: true,
    secret: !/^(USER|LOWERCASEUSER)/.test(command),
    generator: commands[command]!,
    editableAfterInstall: false,
  };
}

/** As Coolify writes the name of a service in a variable. */
export const upper = (service: string) => service.toUpperCase().replace(/[-.]/g, "_");
