import { PROXY_HEADER, PROXY_PATH } from "@appos/shared/site-check";
import type { Outbound } from "../ports.ts";
import { addressProblem, hostProblem } from "./allowed.ts";
import { OutboundFailed } from "./failure.ts";

const LIMIT_MS = 8_000;

/** Whether a name leads to a server's own proxy, as AppOS sees it from where it runs; or why it did not look. */
export type SeenFromHere = { seen: "here" | "other" | "silent" } | { why: string };

interface Wanted {
  name: string;
  /** Where it leads, as its server sees it. */
  addresses: string[];
  /** By which the proxy is known, and where it listens. */
  proxy: string;
  port: number;
}

/** Asks by the ports that visitors come to, and that of the proxy itself, where something else passes them on to it. Nothing that it says is kept. */
export async function askProxy(outbound: Outbound, { name, addresses, proxy, port }: Wanted): Promise<SeenFromHere> {
  const closed = hostProblem(name, outbound.allowed) ?? addressProblem(name, addresses, outbound.allowed);
  if (closed !== undefined) return { why: `${closed}.` };
  const ports = [...new Set([80, port])];
  const all = await Promise.all(ports.map((each) => askOnce(outbound, name, proxy, `http://${name}:${each}${PROXY_PATH}`)));
  const seen = all.flatMap((each) => ("seen" in each ? each.seen : []));
  for (const best of ["here", "other", "silent"] as const) if (seen.includes(best)) return { seen: best };
  return all[0]!;
}

async function askOnce(outbound: Outbound, name: string, proxy: string, url: string, isNext = false): Promise<SeenFromHere> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    const reply = await outbound.ask(new URL(url), {}, signal);
    await reply.body?.cancel().catch(() => {});
    if (reply.headers.get(PROXY_HEADER) === proxy) return { seen: "here" };
    // A network between says so that it does not reach the server, or that there is no such name.
    if (reply.status === 530) return { why: `There is no address for ${name}, as AppOS sees it.` };
    if (reply.status >= 521 && reply.status <= 523) return { seen: "silent" };
    const to = `https://${name}${PROXY_PATH}`;
    if (!isNext && reply.headers.get("location") === to) return await askOnce(outbound, name, proxy, to, true);
    return { seen: "other" };
  } catch (error) {
    if (error instanceof OutboundFailed && error.unasked) return { why: error.message };
    if (signal.aborted) return { seen: "silent" };
    if (!(error instanceof OutboundFailed)) throw error;
    // Over HTTPS it may be that its certificate is the one that is to come.
    return { seen: isNext ? "other" : "silent" };
  }
}
