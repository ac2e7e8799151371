import type { Container, Machine } from "../machine/machine.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";
import { unhealthy } from "./unhealthy.ts";

const LOOK_MS = 50;
/** Where nothing changes for long, looking less often is soon enough. */
const LATER_LOOK_MS = 100;
/** What has no health check must at least stay up for so long; longer once it has fallen over. */
const STEADY_MS = 300;
const STEADY_AGAIN_MS = 5_000;
/** A service that waits for another may fall over a few times before that is there. */
const FALLS = 5;
const LIMIT_MS = 120_000;
const LONGEST_MS = 600_000;

export type Verdict = { state: "good" } | { state: "wait"; for: string } | { state: "bad"; why: string };

/** How one container is doing. `falls`: how often it was restarted since it is being looked at; `upMs`: how long it has been up since. */
export function judge({ status, restartPolicy }: Container, falls: number, upMs: number): Verdict {
  const restarts = restartPolicy === "always" || restartPolicy === "unless-stopped";
  if (falls >= FALLS) return { state: "bad", why: `it ended and was restarted ${falls} times` };
  switch (status.state) {
    case "running": {
      if (status.health === "unhealthy") return { state: "bad", why: "its health check fails" };
      if (status.health === "starting") return { state: "wait", for: "its health check" };
      const steady = upMs >= (falls > 0 ? STEADY_AGAIN_MS : STEADY_MS);
      return status.health === "healthy" || steady ? { state: "good" } : { state: "wait", for: "it to stay up" };
    }
    case "exited":
      if (restarts) return { state: "wait", for: "its restart" };
      if (status.exitCode === 0) return { state: "good" };
      return { state: "bad", why: `it ended with exit code ${status.exitCode}` };
    case "created":
    case "restarting":
      return { state: "wait", for: status.state === "created" ? "its start" : "its restart" };
    default:
      return { state: "bad", why: `it is ${status.state}` };
  }
}

/** Which containers a release is to have: service by service. */
export type Expected = ReadonlyMap<string, number>;

/** Waits until every container that it concerns is up, and healthy where it has a health check. Fails as soon as one cannot become so. */
export async function awaitHealth(
  project: string,
  expected: Expected,
  context: JobContext,
  concerns: (container: Container) => boolean = () => true,
): Promise<Container[]> {
  const { machine, say, signal } = context;
  const begun = machine.elapsed();
  const upSince = upTimes(machine);
  const restartsBefore = new Map<string, number>();
  const told = new Set<string>();

  for (let look = 0; ; look++) {
    signal.throwIfAborted();
    const containers = (await machine.engine.containers({ project })).filter((each) => !each.oneOff && concerns(each));
    const waiting: { container: Container; for: string }[] = [];
    for (const container of containers) {
      if (!restartsBefore.has(container.id)) restartsBefore.set(container.id, container.status.restarts);
      const verdict = judge(container, container.status.restarts - restartsBefore.get(container.id)!, upSince(container));
      if (verdict.state === "bad") throw await unhealthy(container, verdict.why, context);
      if (verdict.state === "wait") waiting.push({ container, for: verdict.for });
    }
    const missing = missingService(containers, expected);
    if (waiting.length === 0 && !missing) return containers;

    for (const { container, for: what } of waiting) {
      const news = `${container.status.service}: waiting for ${what}.`;
      if (machine.elapsed() - begun <= 1_000 || told.has(news)) continue;
      told.add(news);
      say.note(news);
    }
    await giveUpInTime(machine.elapsed() - begun, waiting, missing, context);
    await machine.sleep(look < 100 ? LOOK_MS : LATER_LOOK_MS, signal);
  }
}

/** How long each container has been up: by its own word, or where somebody has set the clock since we look, as long as it was seen to be. */
function upTimes(machine: Machine) {
  const seen = new Map<string, number>();
  const ahead = machine.now() - machine.elapsed();
  return ({ id, status: { startedAt, restarts } }: Container) => {
    const run = `${id} ${startedAt} ${restarts}`;
    seen.set(run, seen.get(run) ?? machine.elapsed());
    const now = Math.min(machine.now(), ahead + machine.elapsed());
    return Math.max(now - (startedAt ?? now), machine.elapsed() - seen.get(run)!);
  };
}

function missingService(containers: Container[], expected: Expected) {
  const count = (service: string) => containers.filter(({ status }) => status.service === service).length;
  return [...expected].find(([service, wanted]) => count(service) < wanted)?.[0];
}

async function giveUpInTime(
  waitedMs: number,
  waiting: { container: Container; for: string }[],
  missing: string | undefined,
  context: JobContext,
) {
  const limit = Math.max(LIMIT_MS, ...waiting.map(({ container }) => container.healthLimitMs ?? 0));
  if (waitedMs < Math.min(limit, LONGEST_MS)) return;
  const why = (what: string) => `still waiting for ${what} after ${Math.round(waitedMs / 1_000)} s`;
  const first = waiting[0];
  if (first) throw await unhealthy(first.container, why(first.for), context);
  throw new JobFailure("UNHEALTHY", `${missing} has no container, ${why("it")}.`, { service: missing! });
}
