import { randomText, sha256 } from "../../bytes.ts";
import type { Clock, Ports } from "../../ports.ts";
import { authStore } from "./store.ts";

export const SETUP = "setup";
export const SETUP_LINK = "setup-link";

/** The links with which AppOS gets its administrator. */
export function setupLinks({ database, clock }: Pick<Ports, "database"> & { clock: Pick<Clock, "now"> }) {
  const store = authStore(database);
  return {
    needed: async () => !(await store.milestone(SETUP)),
    /** The secret of a new one-time link; every older link is void. Nothing once AppOS is set up. */
    async token(): Promise<string | undefined> {
      if (await store.milestone(SETUP)) return undefined;
      const token = randomText(24);
      await store.replaceMilestone(SETUP_LINK, sha256(token), clock.now());
      return token;
    },
  };
}
