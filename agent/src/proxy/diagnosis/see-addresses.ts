import type { SeenAddress } from "@appos/shared/site-check";
import type { Machine, Visited } from "../../machine/machine.ts";
import { PROBE_PATH } from "../probes.ts";

const [LIMIT_MS, ADDRESSES] = [5_000, 10];

/**
 * Who answers at each address of a name. Where the proxy has other ports than the usual ones, something before it may pass the usual ones on;
 * and what sends everything over HTTP to HTTPS, as a network before the server may, is asked there.
 */
export async function seeAddresses(
  name: string,
  addresses: readonly string[],
  isOwn: (answer: Visited) => boolean,
  { visit, proxy }: Pick<Machine, "visit" | "proxy">,
): Promise<SeenAddress[]> {
  const ways = [...new Set([proxy.http, 80])].map((port) => ({ port, https: false }));
  const secure = [...new Set([proxy.https, 443])].map((port) => ({ port, https: true }));
  return Promise.all(
    addresses.slice(0, ADDRESSES).map(async (address): Promise<SeenAddress> => {
      const asked = [...ways, ...secure].map((way) => visit({ ...way, name, path: PROBE_PATH, host: address, limitMs: LIMIT_MS }));
      return { address, seen: seenIn(await Promise.all(asked), ways.length, isOwn) };
    }),
  );
}

/** Whoever answers over HTTPS alone does not answer where visitors and authorities come to first. */
function seenIn(answers: Visited[], plain: number, isOwn: (answer: Visited) => boolean): SeenAddress["seen"] {
  const overHttp = answers.slice(0, plain);
  if (overHttp.every(({ unasked }) => unasked)) return "unasked";
  if (overHttp.every(({ status }) => status === null)) return "silent";
  return answers.some(isOwn) ? "here" : "other";
}
