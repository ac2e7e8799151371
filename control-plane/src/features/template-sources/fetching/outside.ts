import type { GitSources, Outbound } from "../../../ports.ts";

/** The ways to what others hold. */
export interface Outside {
  outbound: Outbound;
  git?: GitSources | undefined;
}
