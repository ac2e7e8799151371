import type { CaaRecord, Names } from "../../machine/machine.ts";

/** Which CAA records count for a name: those of the nearest name above it, or itself, that has any (RFC 8659). */
export type CaaFound = { at: string; records: CaaRecord[] } | { at: string; failed: true } | undefined;

export async function findCaa(name: string, names: Names): Promise<CaaFound> {
  const labels = name.replace(/^\*\./, "").split(".");
  for (let from = 0; from < labels.length; from++) {
    const at = labels.slice(from).join(".");
    const looked = await names.caa(at);
    if ("records" in looked) return { at, records: looked.records };
    // Who issues must know that there are none. Above the registered name nothing fails for long; and it is the registry's.
    if (looked.problem === "failed" && from < labels.length - 1) return { at, failed: true };
    // Nobody answers here, which says nothing of what an authority hears.
    if (looked.problem === "silent" || looked.problem === "refused") return undefined;
  }
  return undefined;
}

/** What of them keeps an authority, known by these names, from issuing; undefined where nothing does. */
export function caaProblem(name: string, found: CaaFound, identities: readonly string[]): { message: string; remedy: string } | undefined {
  if (!found) return undefined;
  const { at } = found;
  if ("failed" in found)
    return {
      message: `The name servers of ${at} could not say which CAA records it has (SERVFAIL), so no authority issues a certificate.`,
      remedy: "Look at the domain where it is registered: its name servers have to know it, and its DNSSEC keys have to be theirs.",
    };
  const unknown = found.records.find(({ critical, tag }) => critical && !known.has(tag));
  if (unknown)
    return {
      message: `The CAA record of ${at} has a critical tag that authorities do not know: ${unknown.tag}.`,
      remedy: "Remove it where its DNS is kept.",
    };
  const values = valuesFor(name, found.records);
  if (values.length === 0 || identities.length === 0) return undefined;
  const allowed = values.map(parsed).filter(({ authority }) => authority !== "");
  const own = allowed.filter(({ authority }) => identities.includes(authority));
  const add = `Where its DNS is kept, add a CAA record for ${at}: 0 issue "${identities[0]}"`;
  if (own.length === 0) {
    const names = [...new Set(allowed.map(({ authority }) => authority))];
    const only = names.length === 0 ? "allows no authority at all" : `allows only ${names.join(", ")}`;
    return { message: `The CAA record of ${at} ${only}, and certificates are asked of ${identities[0]}.`, remedy: add };
  }
  if (own.every(({ methods }) => methods !== undefined && !methods.includes("http-01")) && !name.startsWith("*."))
    return {
      message: `The CAA record of ${at} allows ${identities[0]} other ways of proof than HTTP only.`,
      remedy: `${add}; or add http-01 to its validationmethods.`,
    };
  return undefined;
}

const known = new Set(["issue", "issuewild", "iodef", "contactemail", "contactphone", "issuemail", "issuevmc"]);

/** For a wildcard those that are for wildcards, where there are any. */
function valuesFor(name: string, records: CaaRecord[]): string[] {
  const of = (wanted: string) => records.filter(({ tag }) => tag.toLowerCase() === wanted).map(({ value }) => value);
  const wild = name.startsWith("*.") ? of("issuewild") : [];
  return wild.length > 0 ? wild : of("issue");
}

function parsed(value: string) {
  const [authority = "", ...parameters] = value.split(";").map((part) => part.trim());
  const methods = parameters
    .find((each) => each.toLowerCase().startsWith("validationmethods"))
    ?.split("=")[1]
    ?.split(",");
  return { authority: authority.toLowerCase().replace(/\.$/, ""), methods: methods?.map((each) => each.trim().toLowerCase()) };
}
