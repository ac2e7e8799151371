import { askedFor } from "@appos/shared/wildcards";
import type { CheckFinding, SeenAddress } from "@appos/shared/site-check";
import { type AcmeAuthority, LETS_ENCRYPT } from "@appos/shared/sites";
import type { Machine, Visited } from "../../machine/machine.ts";
import { caaProblem, findCaa } from "./caa.ts";
import { addressesIn, findNames } from "./find-names.ts";
import { judgeDns } from "./judge-dns.ts";
import { judgePort } from "./judge-port.ts";
import { isOwnProxy } from "./judge-proxy.ts";
import { seeAddresses } from "./see-addresses.ts";

export interface NameAsked {
  name: string;
  /** Where the server is known to be reached, besides in its own networks. */
  addresses: readonly string[];
  /** What answers on the server itself where its proxy should, and by what that is known. */
  probe: Visited;
  id: string | undefined;
  /** Undefined where no certificate is wanted. */
  acme: AcmeAuthority | undefined;
}

export interface NameSeen {
  dns: CheckFinding;
  port: CheckFinding;
  caa: { message: string; remedy: string } | undefined;
  addresses: SeenAddress[];
}

/** What somebody meets who comes to a name from outside: visitors, and an authority that is asked for a certificate. */
export async function lookAtName({ name, addresses, probe, id, acme }: NameAsked, machine: Machine): Promise<NameSeen> {
  const asked = askedFor(name);
  const [found, caa, identities] = await Promise.all([
    findNames(asked, machine.names),
    acme && findCaa(asked, machine.names),
    acme ? identitiesOf(acme, machine) : [],
  ]);
  const local = machine.addresses();
  const seen = await seeAddresses(asked, addressesIn(found), sameAs(probe, id), machine);
  const own = [...addresses, ...local.filter((address) => seen.some((each) => each.address === address))];
  return {
    dns: judgeDns(name, { found, seen, own }),
    port: judgePort({ seen, own, local, port: machine.proxy.http, proxyAnswers: isOwnProxy(probe, id) }),
    caa: caaProblem(name, caa, identities),
    addresses: seen,
  };
}

/** One that was started before it was given a name answers without. */
const sameAs = (probe: Visited, id: string | undefined) => (answer: Visited) =>
  probe.proxy === undefined ? answer.status === 204 && answer.proxy === undefined : isOwnProxy(probe, id) && answer.proxy === probe.proxy;

const isLetsEncrypt = ({ directory }: AcmeAuthority) => new URL(directory).hostname === new URL(LETS_ENCRYPT).hostname;

/** The usual one is known by its name, though it could not be asked just now. */
const identitiesOf = async (acme: AcmeAuthority, machine: Machine) =>
  (await machine.caaIdentities(acme)) ?? (isLetsEncrypt(acme) ? ["letsencrypt.org"] : []);
