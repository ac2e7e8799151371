import { askedFor } from "@appos/shared/wildcards";
import type { AcmeAuthority } from "@appos/shared/sites";
import type { Machine } from "../../machine/machine.ts";
import { PROBE_PATH } from "../probes.ts";
import { knownProxyId } from "../proxy-id.ts";
import { lookAtName } from "./look-at-name.ts";

/** A name is looked at again after so long at the earliest; so many are looked at side by side, and so many are remembered. */
const [AGAIN_MS, AT_ONCE, KEPT] = [5_000, 4, 1_000];

/** What keeps an authority from issuing a certificate for a name, as far as it is known by now; undefined where nothing is known to. */
export type Preflight = (name: string, acme: AcmeAuthority, inDns?: boolean) => string | undefined;

/**
 * Looks at names that wait for a certificate, as the authority will. Nobody waits for it: what it finds is there when it is asked next. It
 * keeps nothing from being tried, for it may be wrong: a server does not always reach itself by its own name.
 */
export function preflights(machine: Machine): Preflight {
  const known = new Map<string, { at: number; finding: string | undefined }>();
  const waiting = new Map<string, { acme: AcmeAuthority; inDns: boolean }>();
  /** Those that wait to be looked at, or are being. */
  const busy = new Set<string>();
  let looking = 0;

  async function go() {
    looking++;
    for (let next = waiting.entries().next(); !next.done; next = waiting.entries().next()) {
      const [name, asked] = next.value;
      waiting.delete(name);
      // What cannot be looked at now is looked at when it is asked for again.
      const finding = await findingOf(name, asked, machine).catch(() => undefined);
      busy.delete(name);
      known.delete(name);
      known.set(name, { at: machine.elapsed(), finding });
      if (known.size > KEPT) known.delete(known.keys().next().value!);
    }
    looking--;
  }

  return (name, acme, inDns = false) => {
    const last = known.get(name);
    const isDue = last === undefined || machine.elapsed() - last.at >= AGAIN_MS;
    if (isDue && !busy.has(name)) {
      busy.add(name);
      waiting.set(name, { acme, inDns });
      if (looking < AT_ONCE) void go();
    }
    return last?.finding;
  };
}

async function findingOf(
  waiting: string,
  { acme, inDns }: { acme: AcmeAuthority; inDns: boolean },
  machine: Machine,
): Promise<string | undefined> {
  const name = waiting.replace(/^\*\./, "");
  const probe = await machine.visit({ name: askedFor(waiting), path: PROBE_PATH, https: false, port: machine.proxy.http });
  const id = await knownProxyId(machine);
  const { dns, port, caa, addresses } = await lookAtName({ name, addresses: [], probe, id, acme }, machine);
  // An authority that looks in the DNS does not come to the name itself.
  const wrong = inDns ? undefined : [dns, port].find(({ state }) => state === "wrong");
  const first = wrong ?? caa;
  if (!first) return undefined;
  const asSeen =
    wrong && addresses.length > 0 ? "Waiting for a certificate. As its server itself sees it: " : "Waiting for a certificate: ";
  return [asSeen + first.message, first.remedy ?? ""].join(" ").trim();
}
