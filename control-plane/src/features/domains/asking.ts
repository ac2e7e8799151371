import type { Context } from "hono";
import { type AppEnv, callerOf } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { limitedTo, sees } from "../auth/roles.ts";
import type { Services } from "../../services.ts";
import type { Asking } from "./who-asks.ts";

/** Who asks for a domain, and what they may be told. */
export const askingOf = ({ system }: Pick<Services, "system">, c: Context<AppEnv>, key?: string): Asking => ({
  actor: actorOf(c),
  sees: (projectId) => sees(callerOf(c), projectId),
  administers: callerOf(c).role === "admin",
  within: limitedTo(callerOf(c)),
  consoleUrl: system.ownUrl(c.req.url),
  key,
});
