import { failpoint } from "@appos/shared/failpoint";
import { composeCreate, composeCreateBeside, composeStart, composeUpOnly } from "../commands/compose.ts";
import type { ReleaseFiles } from "../jobs/app-folder.ts";
import { canonicalText } from "../jobs/canonical.ts";
import { awaitHealth } from "../jobs/health.ts";
import type { JobContext } from "../jobs/job.ts";
import { runComposeKeepingLogs } from "../jobs/run-compose.ts";
import type { Container } from "../machine/machine.ts";
import { map, type Part } from "../policy-model.ts";
import { replicasOf } from "../policy.ts";
import { turnTo } from "../proxy/choices.ts";
import { endChange, liveSlot, noteChange, otherSlot, slotName } from "../proxy/slots.ts";
import { type Candidates, findCandidates, type Turn } from "./candidates.ts";
import { dependsOf, inOrder, needsOf, waitingOnlyFor } from "./depends.ts";
import { ready } from "./ready.ts";
import { DRAIN_LABEL } from "./labels.ts";
import { drainMs, retire, USUAL_DRAIN_MS } from "./retire.ts";
import { settle } from "./settle.ts";

const LOOK_MS = 100;

/**
 * Brings a release up whose services that domains lead to can go over: their next containers start beside those that serve, requests go to
 * them once they are well, and so none meets nobody. False where no service can: then nothing is done.
 *
 * Which of the two serves is said by one file for each service (see slots.ts), at each moment: killed before it is written, the old ones
 * serve, and the new ones are removed by whoever comes next; killed after it, the other way round.
 *
 * Compose sums a definition up with what it waits for, as it is selected: whatever makes containers is told the whole file, so that a later
 * `up` finds them to be what they should be; and starting them is told apart, so that what is to run once runs once.
 */
export async function goOver(project: ReleaseFiles, context: JobContext): Promise<boolean> {
  await settle(project.name, context);
  const found = await findCandidates(project, context);
  if (!found || found.candidates.length === 0) return false;
  const { model } = found;
  const going = found.candidates.map(({ service }) => service);
  const first = [...needsOf(going, model)].filter((service) => !going.includes(service));
  if (first.length > 0) await bringFirst(first, going, model, project, context);

  const turns = await started(found, project, context);
  for (const turn of turns) await ready(turn, context);
  failpoint("agent: the next containers are ready");
  for (const turn of turns) await takeOver(turn, context);
  const retired = await Promise.allSettled(turns.map((turn) => retire(turn.old, turn, context)));
  for (const each of retired) if (each.status === "rejected") throw each.reason;
  for (const turn of turns) await endChange(turn, context.machine);
  failpoint("agent: the last containers are gone");

  await runComposeKeepingLogs(composeCreate(project), project.name, context);
  const rest = Object.keys(map(model.services)).filter((service) => ![...going, ...first].includes(service));
  await start(
    rest.filter((service) => replicasOf(map(map(model.services)[service])) > 0),
    new Set(rest),
    model,
    project,
    context,
  );
  return true;
}

/** What those that go over wait for comes before them, as they wait for it. */
async function bringFirst(first: string[], going: string[], model: Part, project: ReleaseFiles, context: JobContext) {
  const { machine, say, signal } = context;
  await runComposeKeepingLogs(composeUpOnly(project, first), project.name, context);
  const ending = going.flatMap((service) =>
    dependsOf(service, model).flatMap(([name, condition]) => (condition === "service_completed_successfully" ? [name] : [])),
  );
  if (ending.length > 0) say.note(`Waiting for ${[...new Set(ending)].join(", ")} to end.`);
  const isOpen = ({ status }: Container) => ending.includes(status.service) && (status.state === "running" || status.state === "created");
  while ((await machine.engine.containers({ project: project.name })).some(isOpen)) await machine.sleep(LOOK_MS, signal);
  await awaitHealth(project.name, new Map(), context, ({ status }) => first.includes(status.service));
}

async function started({ candidates, model, proxy }: Candidates, project: ReleaseFiles, context: JobContext): Promise<Turn[]> {
  const { machine, say } = context;
  const turns: Turn[] = [];
  for (const candidate of candidates) {
    const { service, old } = candidate;
    const to = otherSlot(await liveSlot(candidate, machine));
    await noteChange({ old: old.map(({ id }) => id), to }, candidate, machine);
    const drain = drainMs(map(map(model.services)[service]));
    if (drain === undefined)
      say.note(`${service}: its label ${DRAIN_LABEL} is read like 90s or 5m; it counts as ${USUAL_DRAIN_MS / 1_000}s.`);
    turns.push({ ...candidate, to, drainMs: drain ?? USUAL_DRAIN_MS, proxy, next: [] });
    say.note(`${service}: starting its next ${old.length > 1 ? "containers" : "container"} beside what serves.`);
  }
  failpoint("agent: the next containers are noted");
  await runComposeKeepingLogs(
    composeCreateBeside(project, new Map(turns.map(({ service, old }) => [service, old.length * 2]))),
    project.name,
    context,
  );
  const services = candidates.map(({ service }) => service);
  for (const service of inOrder(services, model)) {
    const turn = turns.find((each) => each.service === service)!;
    await start([service], new Set(), model, project, context);
    const isNext = ({ id, status }: Container) => status.service === service && !turn.old.some((each) => each.id === id);
    turn.next = await awaitHealth(project.name, new Map([[service, turn.old.length]]), context, isNext);
  }
  return turns;
}

/** Starts containers that are there, and waits for nothing but these services. */
async function start(
  services: readonly string[],
  waitingFor: ReadonlySet<string>,
  model: Part,
  project: ReleaseFiles,
  context: JobContext,
) {
  if (services.length === 0) return;
  const { files, folder } = context.machine;
  const path = `${folder}/tmp/start-${crypto.randomUUID()}`;
  const canonical = `${path}/canonical.yaml`;
  try {
    await files.write({ [canonical]: canonicalText(waitingOnlyFor(waitingFor, model)) });
    await runComposeKeepingLogs(composeStart({ ...project, canonical }, services), project.name, context);
  } finally {
    await files.remove(path);
  }
}

async function takeOver(turn: Turn, { machine, say }: JobContext) {
  for (const [i, { id }] of turn.next.entries()) await machine.engine.rename(id, slotName(turn, turn.to, i + 1));
  failpoint("agent: the next containers have their names");
  await turnTo(turn.to, turn, machine);
  failpoint("agent: the next containers serve");
  say.note(`${turn.service}: requests go to its next ${turn.next.length > 1 ? "containers" : "container"} from now on.`);
}
