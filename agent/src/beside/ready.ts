import { awaitHealth } from "../jobs/health.ts";
import type { JobContext } from "../jobs/job.ts";
import { JobFailure } from "../jobs/job-failure.ts";
import type { Container } from "../machine/machine.ts";
import type { Turn } from "./candidates.ts";

/** What has no health check must take connections so soon. */
const [ACCEPT_MS, LOOK_MS] = [120_000, 100];

/** Waits until the next containers of a service take connections where its domains lead to: what runs need not listen yet. */
export async function ready({ project, service, old, next, network, ports }: Turn, context: JobContext) {
  const { machine, signal } = context;
  const accepts = (of: readonly Container[], port: number) => Promise.all(of.map(({ id }) => machine.engine.accepts(id, network, port)));
  const isNext = ({ id }: Container) => next.some((each) => each.id === id);
  const until = machine.elapsed() + ACCEPT_MS;
  for (const port of ports) {
    // What did not take any before is not asked to now: then the domain has another fault.
    if (!(await accepts(old, port)).includes(true)) continue;
    while ((await accepts(next, port)).includes(false)) {
      await awaitHealth(project, new Map(), context, isNext);
      if (machine.elapsed() >= until) throw deaf(service, port);
      await machine.sleep(LOOK_MS, signal);
    }
  }
}

const deaf = (service: string, port: number) =>
  new JobFailure(
    "UNHEALTHY",
    `${service} runs, but takes no connections on port ${port}, to which a domain leads. Requests still go to what served before. ` +
      `Where it listens on another port from this release on, deploy it with the label appos.deploy: stop-start, and let the domain lead there.`,
    { service },
  );
