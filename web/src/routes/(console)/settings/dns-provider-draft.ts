import type { DnsAccess, DnsProviderKind } from "@appos/shared/dns-providers";

/** What a provider is asked with, as it is being typed. */
export interface AccessDraft {
  kind: DnsProviderKind;
  token: string;
  server: string;
  keyName: string;
  algorithm: Extract<DnsAccess, { kind: "rfc2136" }>["algorithm"];
  secret: string;
}

export const noAccess = (kind: DnsProviderKind = "cloudflare"): AccessDraft => ({
  kind,
  token: "",
  server: "",
  keyName: "",
  algorithm: "hmac-sha256",
  secret: "",
});

export const isWhole = ({ kind, token, server, keyName, secret }: AccessDraft) =>
  (kind === "rfc2136" ? [server, keyName, secret] : [token]).every((text) => text.trim() !== "");

export const accessOf = ({ kind, token, server, keyName, algorithm, secret }: AccessDraft): DnsAccess =>
  kind === "rfc2136" ? { kind, server, keyName, algorithm, secret } : { kind, token };

export const zonesIn = (text: string): string[] => text.split(/[\s,;]+/).filter((each) => each !== "");

/** What the API said of zones, with the one that it is about: they are typed into one field. */
export function zonesProblem(fields: Record<string, string>, text: string): string | undefined {
  const [path, message] = Object.entries(fields).find(([field]) => /^zones(\.|$)/.test(field)) ?? [];
  const wrong = path === undefined ? undefined : zonesIn(text)[Number(path.split(".")[1])];
  return wrong === undefined ? message : `${wrong}: ${message}`;
}

/** Where a token is made, and what it has to be good for. */
export const tokenHints: Record<Exclude<DnsProviderKind, "rfc2136">, string> = {
  cloudflare: "An API token with the permissions Zone Read and DNS Edit, for these zones.",
  digitalocean: "A personal access token that may read, create and delete domain records.",
  hetzner: "An API token of the project in the Hetzner Console that has these zones, to read and write.",
};
