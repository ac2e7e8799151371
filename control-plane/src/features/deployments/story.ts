import { openStates } from "@appos/shared/jobs";
import type { Services } from "../../services.ts";
import { bell, type Out } from "../../sse.ts";

/** Tells a deployment as it happens: every entry once and in order, its status when it changes, and its end. */
export async function deploymentStory({ deployments, jobs, events }: Services, id: string, after: number, { send, sendAll, signal }: Out) {
  const { jobId } = await deployments.get(id);
  const news = bell(signal);
  const leave = await events.subscribe(undefined, (said) => {
    if (said === "reset" || said.id === jobId || said.id === id || said.type === "server.changed") news.ring();
  });
  try {
    let shown = "";
    while (!signal.aborted) {
      // The state is read before the entries: a job that is over then has said everything.
      const over = !openStates.includes((await jobs.get(jobId)).state);
      const view = await deployments.get(id);
      for (let fresh = await jobs.entries(jobId, after); fresh.length > 0 && !signal.aborted; fresh = await jobs.entries(jobId, after)) {
        await sendAll(fresh.map((entry) => ({ event: "entry", data: entry, id: String(entry.seq) })));
        after = fresh.at(-1)!.seq;
      }
      if (JSON.stringify(view) !== shown) await send("deployment", view);
      shown = JSON.stringify(view);
      if (over) return await send("end", {});
      await news.wait();
    }
  } finally {
    leave();
  }
}
