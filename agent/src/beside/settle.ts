import { failpoint } from "@appos/shared/failpoint";
import type { JobContext } from "../jobs/job.ts";
import type { Container } from "../machine/machine.ts";
import { turnTo } from "../proxy/choices.ts";
import { changeOf, changing, endChange, liveSlot, otherSlot, type Slotted } from "../proxy/slots.ts";
import { end } from "./retire.ts";

/** Brings what was cut off while services went over to other containers to one side or the other: that of whoever serves. */
export async function settle(project: string, context: JobContext): Promise<void> {
  for (const each of await changing(project, context.machine)) await settleOne(each, context);
}

async function settleOne(of: Slotted, context: JobContext) {
  const { machine, say } = context;
  const change = await changeOf(of, machine);
  if (!change) return endChange(of, machine);
  const all = await machine.engine.containers({ project: of.project });
  const its = all.filter(({ oneOff, status }) => !oneOff && status.service === of.service);
  const [old, next] = [its.filter(({ id }) => change.old.includes(id)), its.filter(({ id }) => !change.old.includes(id))];
  const hasGoneOver = (await liveSlot(of, machine)) === change.to;
  // Whoever is all that runs serves, whatever was meant to.
  const [runs, mayRun] = hasGoneOver ? [next, old] : [old, next];
  if (!runs.some(isRunning) && mayRun.some(isRunning)) await turnTo(hasGoneOver ? otherSlot(change.to) : change.to, of, machine);
  else {
    const left = runs.length > 0 ? mayRun : [];
    // Whoever was killed in between may not have told the proxy.
    if (left.some(isRunning)) await turnTo(hasGoneOver ? change.to : otherSlot(change.to), of, machine);
    if (left.length > 0)
      say.note(`${of.service}: removing ${left.length > 1 ? "containers" : "a container"} that a start that was cut off left behind.`);
    for (const container of left) await end(container, context);
  }
  failpoint("agent: what was cut off is settled");
  await endChange(of, machine);
}

const isRunning = ({ status }: Container) => status.state === "running";
