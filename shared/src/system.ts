import { z } from "zod";

export const Health = z.object({ status: z.literal("ok"), version: z.string() });

export const SystemInfo = z.object({
  version: z.string(),
  startedAt: z.int(),
  publicUrl: z.string(),
  /** The control plane's id, by which agents know it. */
  controlPlaneId: z.string(),
  /** Why the machine that runs the control plane is no server itself, and what to do; null where it is one, or should not be. */
  localProblem: z.string().nullable(),
  counts: z.object({ servers: z.int(), apps: z.int(), openJobs: z.int() }),
});
export type SystemInfo = z.output<typeof SystemInfo>;
