import type { Machine } from "../machine/machine.ts";

/** What changes the TXT records of one provider. A name may have several: one for each certificate that is being asked for. */
export interface DnsProviderClient {
  /** Resolves once the provider has taken it. One that is there already is no fault. */
  add(name: string, value: string, signal: AbortSignal): Promise<void>;
  /** This value, and no other one of that name. One that is not there is no fault. */
  remove(name: string, value: string, signal: AbortSignal): Promise<void>;
}

export type Tools = Pick<Machine, "outside" | "now" | "sleep">;

/** As short as providers allow, in seconds: what was there for a certificate is not to be remembered by anybody. */
export const TTL = 60;
