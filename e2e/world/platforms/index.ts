import { libsql } from "./libsql.ts";
import { nats } from "./nats.ts";
import { node } from "./node.ts";
import type { Platform } from "./platform.ts";
import { workers } from "./workers.ts";

/** Everything that AppOS's control plane runs on. */
const platforms: Record<string, Platform> = { node, libsql, nats, workers };

/** The one that this run is about. */
export const platformName = process.env["APPOS_E2E_PLATFORM"] ?? "node";

export const platform: Platform = (env) => {
  const chosen = platforms[platformName];
  if (!chosen) throw new Error(`APPOS_E2E_PLATFORM is ${platformName}, and may be ${Object.keys(platforms).join(", ")}`);
  return chosen(env);
};
