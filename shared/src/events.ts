import { z } from "zod";

/** Something that a screen shows has changed. The console fetches again what it shows of it, unless `data` says all. */
export const Event = z.object({
  type: z.enum([
    "server.changed",
    "server.removed",
    "server.sampled",
    "app.changed",
    "app.removed",
    "deployment.changed",
    "job.changed",
    "project.changed",
    "project.removed",
    "user.changed",
    "registry.changed",
    "domain.changed",
    "domain.removed",
    "certificate.changed",
    "dns-provider.changed",
    "activity.added",
    "template-source.changed",
  ]),
  /** Of the server, app, deployment, job, project, user, domain, certificate, DNS provider or activity. */
  id: z.string(),
  /** `server.sampled`: a ServerSample. */
  data: z.unknown().optional(),
});
export type Event = z.output<typeof Event>;
