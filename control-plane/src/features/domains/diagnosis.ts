import type { CheckFinding, CheckStep, SiteCheck } from "@appos/shared/site-check";
import type { SeenFromHere } from "../../outbound/ask-proxy.ts";

/** What a domain's server says of itself, together with what was seen from outside. */
export interface Walked {
  name: string;
  check: SiteCheck;
  outside: SeenFromHere;
  /** Why its server refused the domain as it is here. */
  refusal: string | null;
}

/**
 * A server may not reach itself by its own name, as behind many routers; and where it does, others may not. So who asks from outside has the
 * last word on whether it is reached.
 */
export function findingsOf({ name, check, outside, refusal }: Walked): CheckFinding[] {
  const changed = new Map<CheckStep, Partial<CheckFinding>>(reached(name, check, outside));
  if (refusal !== null) changed.set("proxy", { state: "wrong", message: refusal, remedy: "Mend that, then press Try again." });
  return check.findings.map((finding) => ({ ...finding, ...changed.get(finding.step) }));
}

function reached(name: string, { findings, addresses, port }: SiteCheck, outside: SeenFromHere): [CheckStep, Partial<CheckFinding>][] {
  const of = (step: CheckStep) => findings.find((finding) => finding.step === step)!;
  const more = (words: string): [CheckStep, Partial<CheckFinding>][] => [["port", { facts: [...of("port").facts, words] }]];
  // Without an address there is nothing to reach.
  if (addresses.length === 0) return [];
  if ("why" in outside) return more(`Not looked at from outside. ${outside.why}`);
  const all = listed(addresses.map(({ address }) => address));
  const isHere = addresses.some(({ seen }) => seen === "here");
  if (outside.seen === "here") {
    if (isHere) return more("AppOS reaches it from where it runs, too.");
    const port = {
      message: "AppOS reaches this server's proxy by this name, from where it runs.",
      facts: ["The server itself does not, as is common behind a router."],
    };
    return [
      ["dns", { ...good, message: `${name} leads to ${all}.` }],
      ["port", { ...good, ...port }],
    ];
  }
  // What the server sees itself of who answers there says more.
  if (of("dns").state === "wrong" || of("port").state === "wrong") return more("AppOS does not reach it either, from where it runs.");
  if (outside.seen === "silent")
    return [
      [
        "port",
        bad(
          `Nothing answers on port ${port} of ${name} from outside, though ${isHere ? "from the server itself it does" : "it leads there"}.`,
          firewall(port),
        ),
      ],
    ];
  const other = `From outside, ${name} leads to another server than from this one.`;
  return [
    ["dns", bad(other, "Look at what its name servers say outside of the server's own network: they may not all know the same yet.")],
  ];
}

const good = { state: "ok" as const, remedy: null, facts: [] as string[] };
const bad = (message: string, remedy: string) => ({ state: "wrong", message, remedy }) as const;
const firewall = (port: number) =>
  `Open ports ${port === 80 ? "80 and 443" : `${port} and that of HTTPS`} in the server's firewall, at your provider too; behind a router, have it pass them on to the server.`;
const listed = (words: string[]) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);
