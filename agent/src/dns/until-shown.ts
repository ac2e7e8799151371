import { addressOf, type DnsProvider, zoneOf } from "@appos/shared/dns-providers";
import type { Machine } from "../machine/machine.ts";

/** So long a record is waited for; where none of the zone's servers can be asked from here, so long. */
const [SHOWN_MS, UNSEEN_MS, LOOK_MS] = [120_000, 20_000, 2_000];
/** Of a zone's name servers, as many as are worth it. */
const SERVERS = 8;

interface NameServer {
  title: string;
  address: string;
  port?: number;
}

type Here = Pick<Machine, "names" | "elapsed" | "sleep">;

/**
 * Waits until the zone's own name servers show a record, for an authority that finds nothing there does not come back. Answers what they do not
 * show after that time; undefined where all that answer do. It keeps nothing from being tried: the authority may see others than this server does.
 */
export async function untilShown(
  { name, value }: { name: string; value: string },
  provider: DnsProvider,
  machine: Here,
  signal: AbortSignal,
): Promise<string | undefined> {
  const servers = await serversOf(provider, zoneOf(provider.zones, name)!, machine);
  const begun = machine.elapsed();
  for (;;) {
    signal.throwIfAborted();
    const seen = await Promise.all(servers.map(({ title, ...at }) => machine.names.texts(name, at).then((found) => ({ title, found }))));
    const answering = seen.filter(({ found }) => "records" in found || found.problem === "none" || found.problem === "no-such-name");
    const without = answering.filter(({ found }) => !("records" in found && found.records.includes(value)));
    if (answering.length > 0 && without.length === 0) return undefined;
    const waited = machine.elapsed() - begun;
    if (answering.length === 0 && waited >= UNSEEN_MS)
      return `None of the name servers of ${name} could be asked from here whether they show the record.`;
    if (waited >= SHOWN_MS) return `${without.map(({ title }) => title).join(", ")} did not show the record at ${name} within two minutes.`;
    await machine.sleep(LOOK_MS, signal);
  }
}

async function serversOf({ access }: DnsProvider, zone: string, { names }: Here): Promise<NameServer[]> {
  const own = access.kind === "rfc2136" ? [addressOf(access.server)] : [];
  const found = await names.servers(zone);
  const others = ("records" in found ? found.records : []).slice(0, SERVERS).map((host) => ({ host, port: 53 }));
  const all = await Promise.all(
    [...own, ...others].map(async ({ host, port }) => (await addressesOf(host, names)).map((address) => ({ title: host, address, port }))),
  );
  const seen = new Set<string>();
  return all.flat().filter(({ address, port }) => !seen.has(`${address} ${port}`) && seen.add(`${address} ${port}`));
}

async function addressesOf(host: string, names: Here["names"]): Promise<string[]> {
  if (/^[0-9.]+$/.test(host) || host.includes(":")) return [host];
  const [four, six] = await Promise.all([names.addresses(host, 4), names.addresses(host, 6)]);
  return [four, six].flatMap((found) => ("records" in found ? found.records : []));
}
