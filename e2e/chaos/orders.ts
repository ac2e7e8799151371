import type { AppView } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import type { Failure } from "@appos/shared/envelope";
import type { JobView } from "@appos/shared/jobs";
import { type Api, Refused } from "../world/api.ts";
import { only } from "../world/compose.ts";
import { appNamed } from "../world/docker.ts";
import { until } from "../world/until.ts";
import type { Answered } from "./facts.ts";
import { openStates } from "@appos/shared/jobs";

export type Orders = ReturnType<typeof orders>;

/** Without a network of its own: an engine has few of them, and many tests. */
const alone = (image: string) => only(image, "    network_mode: none\n");

/** What people ask of a control plane. Every job it answered with is kept: none of them may be lost. */
export function orders(admin: Api) {
  const answered: Answered[] = [];

  async function ask<T>(path: string, body: unknown, key?: string): Promise<T> {
    const response = await admin.send("POST", path, body, key === undefined ? {} : { "idempotency-key": key });
    const envelope = (await response.json()) as { success: true; data: T } | Failure;
    if (!envelope.success) throw new Refused(response.status, envelope);
    return envelope.data;
  }
  const keep = (jobId: string, key?: string) => void answered.push({ jobId, ...(key !== undefined && { key }) });

  return {
    answered,
    /** A new app that runs this image, or what this compose file says. */
    async create(noun: string, image: string, { serverId, compose = alone(image) }: { serverId?: string; compose?: string } = {}) {
      const app = appNamed(noun);
      const source = { type: "compose", compose };
      const body = { name: app, source, ...(serverId !== undefined && { serverId }) };
      const { deployment } = await ask<{ app: AppView; deployment: DeploymentView }>("apps", body);
      keep(deployment.jobId);
      return { app, deployment };
    },
    async deploy(app: string, image: string, key?: string): Promise<DeploymentView> {
      await admin.saveCompose(app, alone(image));
      const { deployment } = await ask<{ deployment: DeploymentView }>(`apps/${app}/deploy`, {}, key);
      keep(deployment.jobId, key);
      return deployment;
    },
    /** Asked twice at the same time, as by a client whose first answer was late. */
    async deployTwice(app: string, key: string): Promise<string[]> {
      const both = await Promise.all([1, 2].map(() => ask<{ deployment: DeploymentView }>(`apps/${app}/deploy`, {}, key)));
      for (const { deployment } of both) keep(deployment.jobId, key);
      return both.map(({ deployment }) => deployment.jobId);
    },
    async order(app: string, verb: "start" | "stop" | "restart"): Promise<JobView> {
      const { job } = await ask<{ job: JobView }>(`apps/${app}/${verb}`, {});
      keep(job.id);
      return job;
    },
    cancel: (jobId: string) => ask<JobView>(`jobs/${jobId}/cancel`, {}),
    /** How many jobs have not ended. */
    open: async () => (await admin.get<{ counts: { openJobs: number } }>("system/info")).counts.openJobs,
    job: (id: string) => admin.get<JobView>(`jobs/${id}`),
    /** The job, once it is over. */
    ended: (id: string, within = 60_000) =>
      until(
        `job ${id} is over`,
        async () => {
          const job = await admin.get<JobView>(`jobs/${id}`);
          return openStates.includes(job.state) ? undefined : job;
        },
        within,
      ),
    running: (id: string) => until(`job ${id} runs`, async () => (await admin.get<JobView>(`jobs/${id}`)).state === "running"),
  };
}
