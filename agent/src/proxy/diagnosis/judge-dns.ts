import type { CheckFinding, SeenAddress } from "@appos/shared/site-check";
import type { NamesLooked } from "../../machine/machine.ts";
import { listed, ok, wrong } from "./finding.ts";
import { addressesIn, type NamesFound } from "./find-names.ts";

type Problem = Exclude<NamesLooked<never>, { records: unknown }>["problem"];
export interface Reached {
  found: NamesFound;
  seen: SeenAddress[];
  /** Where the server is known to be reached. */
  own: readonly string[];
}

/** Whether the DNS has visitors of a name come to this server. */
export function judgeDns(name: string, { found, seen, own }: Reached): CheckFinding {
  const [all, to] = [addressesIn(found), addRecord(name, own)];
  const facts = found.aliases.map((alias, i) => `${found.aliases[i - 1] ?? name} is an alias (CNAME) of ${alias}.`);
  if (all.length === 0) return nowhere(name, found, to, facts);
  const others = seen.filter(({ address, seen }) => seen === "other" && !own.includes(address)).map(({ address }) => address);
  const here = seen.filter(({ seen }) => seen === "here").map(({ address }) => address);
  const incomplete = [found.v4, found.v6].flatMap((looked) => (isFailure(looked) ? [unsaid[looked.problem]!(name)] : []));
  if (others.length === 0) return ok("dns", `${name} leads to ${listed(all)}.`, [...facts, ...incomplete]);
  const [it, they] = others.length === 1 ? ["it answers", "is not"] : ["they answer", "are not"];
  const whose = `which ${they} this server: ${it} as another one`;
  if (here.length === 0) return wrong("dns", `${name} leads to ${listed(others)}, ${whose}.`, changeRecord(own), facts);
  const some = `${name} leads to ${listed(here)}, which is this server, and to ${listed(others)}, ${whose}. Some visitors get there.`;
  return wrong("dns", some, `Remove the ${others.length === 1 ? "record" : "records"} with ${listed(others)}.`, facts);
}

function nowhere(name: string, { v4, v6, aliases }: NamesFound, to: string, facts: string[]): CheckFinding {
  const failure = [v4, v6].find(isFailure);
  if (failure) return wrong("dns", unsaid[failure.problem]!(name), remedies[failure.problem]!, facts);
  const end = aliases.at(-1);
  if (end !== undefined)
    return wrong(
      "dns",
      `${name} is an alias (CNAME) of ${end}, which has no A or AAAA record.`,
      `Have the alias lead to a name of this server, or replace it: ${to}`,
      facts,
    );
  const isNoName = "problem" in v4 && v4.problem === "no-such-name";
  return wrong(
    "dns",
    `${name} has no A or AAAA record${isNoName ? ": there is no such name in the DNS" : ""}.`,
    `${to} Until it is known everywhere, a few minutes may pass.`,
    facts,
  );
}

const isFailure = (looked: NamesLooked<string>): looked is { problem: Problem } =>
  "problem" in looked && looked.problem !== "none" && looked.problem !== "no-such-name";

/** Those of a problem that is the name servers' own. */
const unsaid: Partial<Record<Problem, (name: string) => string>> = {
  failed: (name) => `The name servers of ${name} could not say where it leads (SERVFAIL).`,
  refused: (name) => `The name server that this server asks does not answer for ${name} (REFUSED).`,
  silent: (name) => `No name server answered when this server asked for ${name}.`,
};
const reachNames = "Look at /etc/resolv.conf on the server, or name other name servers for its agent in APPOS_DNS.";
const remedies: Partial<Record<Problem, string>> = {
  failed: "Look at the domain where it is registered: its name servers have to know it, and its DNSSEC keys have to be theirs.",
  refused: reachNames,
  silent: reachNames,
};

const isV6 = (address: string) => address.includes(":");
/** What leads a name here; by its addresses, where they are known. */
function addRecord(name: string, own: readonly string[]) {
  const [v4, v6] = [own.find((address) => !isV6(address)), own.find(isV6)];
  if (v4 === undefined && v6 === undefined) return `Where its DNS is kept, add an A record for ${name} with this server's address.`;
  const record = v4 === undefined ? `an AAAA record to ${v6}` : `an A record to ${v4}`;
  return `Where its DNS is kept, add ${record} for ${name}.`;
}
const changeRecord = (own: readonly string[]) =>
  own.length === 0
    ? "Where its DNS is kept, have it lead to this server's address instead."
    : `Where its DNS is kept, have it lead to ${listed(own)} instead.`;
