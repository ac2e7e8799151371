import type { CheckFinding } from "@appos/shared/site-check";
import { listed, ok, skipped, wrong } from "./finding.ts";
import type { Reached } from "./judge-dns.ts";

interface PortSeen extends Pick<Reached, "seen" | "own"> {
  /** By which the server is reached in its own networks. */
  local: readonly string[];
  port: number;
  /** It does, when asked on the server itself. */
  proxyAnswers: boolean;
}

/** Whether visitors who come to the addresses of a name get to this server's proxy. */
export function judgePort({ seen, own, local, port, proxyAnswers }: PortSeen): CheckFinding {
  const of = (state: (typeof seen)[number]["seen"]) => seen.filter((each) => each.seen === state).map(({ address }) => address);
  const [here, others, silent, unasked] = [of("here"), of("other"), of("silent"), of("unasked")];
  const facts = unasked.map((address) => `${address} was not asked: this server has no way there.`);
  if (seen.length === 0) return skipped("port", "Not looked at: the name leads to no address.");
  if (here.length > 0 && silent.length === 0 && others.length === 0) {
    // What leads straight to this server, and not to something before it, leads to nothing else.
    if (unasked.some(isV6) && here.some((address) => local.includes(address))) return noIpv6(unasked.filter(isV6));
    return ok("port", `Port ${port} of ${listed(here)} leads to this server's proxy.`, facts);
  }
  const taken = others.filter((address) => local.includes(address));
  if (taken.length > 0)
    return wrong(
      "port",
      `Something else than this server's proxy answers on port ${port} of ${listed(taken)}.`,
      `Find what listens there (ss -ltnp), and stop it or give it another port.`,
      facts,
    );
  const mirrored = others.filter((address) => own.includes(address));
  if (mirrored.length > 0 && mirrored.length === seen.length)
    return skipped(
      "port",
      `From the server itself something else answers on port ${port} of ${listed(mirrored)}, as routers do within their own network.`,
      facts,
    );
  if (here.length > 0 && silent.length > 0) return partly(silent, port, facts);
  if (silent.length === 0 && others.length > 0) return skipped("port", "Not looked at: the name leads to another server.", facts);
  if (silent.length === 0) return skipped("port", "Not looked at: this server has no way to the addresses that the name leads to.", facts);
  if (!proxyAnswers) return skipped("port", "Not looked at: the proxy does not answer on the server itself.", facts);
  const isOwn = silent.every((address) => local.includes(address));
  const more = isOwn ? "" : ` Where ${listed(silent)} is no address of this server, have the name lead to one that is.`;
  return wrong(
    "port",
    `Nothing answers on port ${port} of ${listed(silent)}, as this server sees it.`,
    `Open ports ${port} and ${port === 80 ? 443 : "that of HTTPS"} in the firewall, at your provider too; behind a router, have it pass them on to this server.${more}`,
    facts,
  );
}

const isV6 = (address: string) => address.includes(":");

function partly(silent: string[], port: number, facts: string[]): CheckFinding {
  const isOfV6 = silent.every(isV6);
  const record = `${isOfV6 ? "AAAA" : "A"} ${silent.length === 1 ? "record" : "records"}`;
  const who = isOfV6
    ? "visitors, and the certificate authority, who come by IPv6 do not get through"
    : "visitors who are led there do not get through";
  return wrong(
    "port",
    `The ${record} ${listed(silent)} ${silent.length === 1 ? "does" : "do"} not answer on port ${port}: ${who}.`,
    `Remove the ${record}, or have ${silent.length === 1 ? "it" : "them"} lead to an address of this server that answers.`,
    facts,
  );
}

const noIpv6 = (addresses: string[]) =>
  wrong(
    "port",
    `The AAAA ${addresses.length === 1 ? "record" : "records"} ${listed(addresses)} cannot lead here, for this server has no IPv6: visitors, and the certificate authority, who come by IPv6 do not get through.`,
    `Remove the AAAA ${addresses.length === 1 ? "record" : "records"}, or give this server IPv6.`,
  );
