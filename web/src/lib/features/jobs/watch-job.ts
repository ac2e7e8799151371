import type { JobState, JobView } from "@appos/shared/jobs";
import { api } from "#lib/api.ts";
import { viewerLink } from "#lib/viewer-link.svelte.ts";

const open: JobState[] = ["queued", "offered", "running"];

/** Resolves when a job has ended, with how it did. */
export function watchJob(job: JobView): Promise<JobView> {
  return new Promise((resolve, reject) => {
    async function look() {
      const now = await api.jobs.get(job.id);
      if (open.includes(now.state)) return;
      deafen();
      resolve(now);
    }
    const fail = (cause: unknown) => {
      deafen();
      reject(cause);
    };
    const deafen = viewerLink.hear((news) => {
      if (news.type === "reset" || (news.type === "job.changed" && news.id === job.id)) look().catch(fail);
    });
    look().catch(fail);
  });
}
