import { z } from "zod";
import { AppId, HostActId, Name } from "./ids.ts";
import { JobError } from "./jobs.ts";

/** What whoever is root on a server can do to its apps there, whether or not the control plane can be reached. */
export const HostActKind = z.enum(["stop-app", "start-app", "rollback-app"]);
export type HostActKind = z.output<typeof HostActKind>;

/** One such act, as its server tells of it. It sends durations: its clock is not trusted. */
export const HostAct = z.object({
  id: HostActId,
  kind: HostActKind,
  /** Null where the server does not know which app of the control plane this is. */
  appId: AppId.nullable(),
  name: Name,
  endedMsAgo: z.int().nonnegative(),
  /** `interrupted`: whoever carried it out was stopped in the middle. */
  outcome: z.enum(["succeeded", "failed", "interrupted"]),
  error: JobError.pick({ code: true, message: true }).nullable(),
  /** The number of the last job of this app that came before it; every other one came after. Null where the server knows of no job of it, as after it lost its journal: then it came after all that had ended. Older agents say 0. */
  afterJob: z.int().nonnegative().nullable(),
  /** The release that was live when it had ended; null where none was. */
  release: z.int().positive().nullable(),
});
export type HostAct = z.output<typeof HostAct>;

/** Acts told in one frame, at most. */
export const ACTS_AT_ONCE = 20;
