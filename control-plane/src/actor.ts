import type { Context } from "hono";
import { type AppEnv, callerOf } from "./access.ts";
import type { Actor } from "./features/activity/service.ts";

/** Who asks for a change, as it is written down. */
export const actorOf = (c: Context<AppEnv>): Actor => ({ name: callerOf(c).email, address: c.get("address") });
