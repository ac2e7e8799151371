import type { Allowed } from "../../outbound/allowed.ts";
import { OutboundFailed } from "../../outbound/failure.ts";
import type { Outbound } from "../../ports.ts";

/** The internet as Cloudflare reaches it: nothing private is to be found from there, whatever a name leads to. */
export const workerOutbound = (allowed: Allowed): Outbound => ({
  allowed,
  async ask(url, headers, signal) {
    try {
      return await fetch(url, { headers, signal, redirect: "manual" });
    } catch (error) {
      if (signal.aborted) throw error;
      throw new OutboundFailed(`${url.host} cannot be reached.`);
    }
  },
});
