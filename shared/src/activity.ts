import { z } from "zod";

/** Who did what to what, and when. One row for each change of state that a person or a server asked for. */
export const ActivityView = z
  .object({
    id: z.string(),
    at: z.int(),
    /** Null for what AppOS did by itself. */
    by: z.string().nullable(),
    action: z.string(),
    /** For people: an app's name, a server's, an e-mail address. */
    subject: z.string(),
    appId: z.string().nullable(),
    serverId: z.string().nullable(),
    deploymentId: z.string().nullable(),
    jobId: z.string().nullable(),
    /** Of the caller; null for what came from inside. */
    address: z.string().nullable(),
  })
  .meta({ id: "Activity" });
export type ActivityView = z.output<typeof ActivityView>;
