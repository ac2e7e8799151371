import type { AppView } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import type { JobView } from "@appos/shared/jobs";
import type { Client } from "./client.ts";
import { listen } from "./events.ts";
import { until } from "./places.ts";

const NOTHING = `services:
  web:
    image: bench-nothing:0
    pull_policy: never
`;

/** When a job was asked for and taken in, when it began where it runs, and when a watcher saw it run and saw it over. */
export interface Times {
  asked: number;
  taken: number;
  began: number;
  seen: number;
  done: number;
}

/** A job that was taken in. */
export interface Order {
  outcome: Promise<Times>;
}

/** Asks for jobs that end at once: to start apps of which nothing is deployed, one after the other. */
export async function startOrders(admin: Client, count: number) {
  const events = await listen(admin);
  const apps: string[] = [];
  for (let n = 0; n < count; n++) {
    const source = { type: "compose", compose: NOTHING };
    const made = await admin.ask<{ app: AppView; deployment: DeploymentView }>("POST", "apps", { name: `bench-nothing-${n}`, source });
    const { id } = made.deployment;
    await until("the deployment has failed", async () => (await admin.ask<DeploymentView>("GET", `deployments/${id}`)).endedAt);
    apps.push(made.app.id);
  }
  let next = 0;
  return async (): Promise<Order> => {
    const asked = performance.now();
    const { job } = await admin.ask<{ job: JobView }>("POST", `apps/${apps[next++ % apps.length]}/start`);
    const taken = performance.now();
    // It changes three times: it is queued, it runs, it has ended. When it began over there is not told here.
    const times = [events.nth("job.changed", job.id, 2), events.nth("job.changed", job.id, 3)] as const;
    return { outcome: Promise.all(times).then(([seen, done]) => ({ asked, taken, began: seen, seen, done })) };
  };
}

/** One after the other. */
export async function inTurn(order: () => Promise<Order>, count: number): Promise<Times[]> {
  const jobs: Times[] = [];
  for (let n = 0; n < count; n++) jobs.push(await (await order()).outcome);
  return jobs;
}

/** As fast as they are taken in, with so many requests in flight. */
export async function atOnce(order: () => Promise<Order>, count: number, inFlight: number) {
  const outcomes: Promise<Times>[] = [];
  let left = count;
  const ask = async () => {
    while (left-- > 0) outcomes.push((await order()).outcome);
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: inFlight }, ask));
  const jobs = await Promise.all(outcomes);
  return { jobs, perSecond: count / ((Math.max(...jobs.map(({ done }) => done)) - began) / 1_000) };
}
