import { z } from "zod";
import { addressOf, isIn, networkOf } from "./addresses.ts";

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$/;

/** Four decimal numbers, each written in one way. */
const isV4 = (host: string) => /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(host) && addressOf(host) !== undefined;

/** A name is one that the DNS is asked for; what a program may read as an address is one, or nothing. */
function isName(host: string): boolean {
  const labels = host.split(".");
  return host.length <= 253 && labels.every((each) => label.test(each)) && !/^(\d+|0x[0-9a-f]*|localhost)$/.test(labels.at(-1)!);
}

/** Where none may lead, and what is there. Docker's networks and the server's own addresses are known on the server only. */
const closed = [
  ["0.0.0.0/8", "stands for no machine"],
  ["127.0.0.0/8", "is the server itself"],
  ["169.254.0.0/16", "is link-local, where clouds keep what their machines may know"],
  ["168.63.129.16/32", "is a cloud's own, for its machines"],
  ["100.100.100.200/32", "is a cloud's own, for its machines"],
  ["192.0.0.0/24", "is a cloud's own, for its machines"],
  ["224.0.0.0/4", "stands for many machines"],
  ["240.0.0.0/4", "stands for all machines, or for none"],
] as const;
const closedNetworks = closed.map(([network, what]) => ({ network: networkOf(network)!, what }));

/** Why nothing may lead to an address, whichever server it is seen from; undefined where nothing speaks against it. */
export function targetProblem(text: string): string | undefined {
  const address = isV4(text) ? addressOf(text)! : undefined;
  if (address === undefined) return `${text} is no IPv4 address.`;
  const why = closedNetworks.find(({ network }) => isIn(address, network));
  return why && `${text} ${why.what}.`;
}

export const isAddress = isV4;

/** A host in a server's network: an IPv4 address, or a name that the server looks up. */
export const TargetHost = z
  .string()
  .max(300)
  .transform((given, context) => {
    const host = given.trim().toLowerCase().replace(/\.$/, "");
    const problem = isV4(host) ? targetProblem(host) : isName(host) ? undefined : "";
    if (problem === undefined) return host;
    context.addIssue(problem || "Give an IPv4 address, such as 192.168.1.20, or a host name: without http://, a port or a path");
    return z.NEVER;
  });

/** An address that no app has, such as that of a NAS: only administrators lead a name there. */
export const AddressTarget = z.strictObject({ host: TargetHost, port: z.int().min(1).max(65_535) });
export type AddressTarget = z.output<typeof AddressTarget>;

/** An agent says that it knows this which can have its proxy lead to an address that no app has. */
export const ADDRESS_SITES = "address-sites";
