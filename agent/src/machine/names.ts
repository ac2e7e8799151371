import { Resolver } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import type { CaaRecord, Names, NamesLooked } from "./machine.ts";

/** One question to one name server; all of them together may take three times as long. */
const [ASK_MS, TRIES] = [2_500, 2];

/** The DNS as this server sees it: by the name servers of its own, or by those that it was told to ask. */
export function dnsNames(servers: readonly string[] = []): Names {
  /** A new one each time: what `/etc/resolv.conf` says may be something else by now. */
  function resolver() {
    const made = new Resolver({ timeout: ASK_MS, tries: TRIES });
    if (servers.length > 0) made.setServers(servers);
    return made;
  }
  return {
    addresses: (name, family) => looked(family === 4 ? resolver().resolve4(name) : resolver().resolve6(name)),
    aliases: (name) => looked(resolver().resolveCname(name)),
    caa: (name) => looked(resolver().resolveCaa(name).then(caaRecords)),
    servers: (zone) => looked(resolver().resolveNs(zone)),
    async texts(name, { address, port = 53 }) {
      const one = resolver();
      one.setServers([address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`]);
      return looked(one.resolveTxt(name).then((records) => records.map((strings) => strings.join(""))));
    },
  };
}

type Answered = Awaited<ReturnType<Resolver["resolveCaa"]>>;

/** Each has the name of its tag for a key. */
const caaRecords = (answered: Answered): CaaRecord[] =>
  answered.flatMap(({ critical, ...tags }) =>
    Object.entries(tags).flatMap(([tag, value]) => (tag === "type" ? [] : [{ critical: critical > 0, tag, value: String(value) }])),
  );

const problems: Record<string, Exclude<NamesLooked<never>, { records: unknown }>["problem"]> = {
  ENODATA: "none",
  ENOTFOUND: "no-such-name",
  ESERVFAIL: "failed",
  EREFUSED: "refused",
  ENONAME: "no-such-name",
};

async function looked<T>(answer: Promise<T[]>): Promise<NamesLooked<T>> {
  try {
    const records = await answer;
    return records.length > 0 ? { records } : { problem: "none" };
  } catch (error) {
    // A name server that is not there, or takes too long.
    return { problem: problems[(error as NodeJS.ErrnoException).code ?? ""] ?? "silent" };
  }
}

/** Networks that Docker makes for containers come and go, and nobody outside reaches them. */
const own = /^(lo|docker|br-|veth)/;

/** By which this server is reached in the networks that it is in. */
export function ownAddresses(): string[] {
  const found = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) => (own.test(name) ? [] : addresses));
  return found.filter(({ internal, address }) => !internal && !address.startsWith("fe80:")).map(({ address }) => address);
}
