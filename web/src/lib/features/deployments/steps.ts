import type { DeployStep, DeploymentView } from "@appos/shared/deployments";
import type { Entry } from "@appos/shared/jobs";

export type StepState = "waiting" | "running" | "succeeded" | "failed" | "skipped" | "canceled";

export interface Step {
  name: DeployStep;
  state: StepState;
  startedAt: number | null;
  endedAt: number | null;
  entries: Entry[];
}

export const stepNames = ["check", "resolve", "pull", "start", "health"] as const satisfies readonly DeployStep[];

/** What each step does, for somebody who sees it for the first time. */
export const stepWords: Record<DeployStep, { title: string; about: string }> = {
  check: { title: "Check", about: "Docker answers, and the compose file may run here" },
  resolve: { title: "Resolve", about: "Compose reads the file and fills in its variables" },
  pull: { title: "Pull", about: "Images are fetched before anything stops" },
  start: { title: "Start", about: "Containers are made and started" },
  health: { title: "Health", about: "Every service runs, and those with a health check are healthy" },
  restore: { title: "Restore", about: "The release before is put back" },
};

const stateOf: Record<string, StepState> = { started: "running", succeeded: "succeeded", failed: "failed", skipped: "skipped" };

type Outcome = Pick<DeploymentView, "status" | "endedAt" | "error">;

/** A deployment's steps, with what was said in each. `restore` is there only when it happened. */
export function stepsOf(entries: Entry[], outcome: Outcome): Step[] {
  const names: DeployStep[] = [...stepNames];
  if (entries.some(({ step }) => step === "restore")) names.push("restore");
  const steps = new Map<string, Step>(names.map((name) => [name, { name, state: "waiting", startedAt: null, endedAt: null, entries: [] }]));

  let current = steps.get("check");
  for (const entry of entries) {
    // What belongs to no known step is told where it was said.
    const step = steps.get(entry.step) ?? current;
    if (!step) continue;
    current = step;
    if (entry.stream === "step") turn(step, entry);
    else step.entries.push(entry);
  }
  return [...steps.values()].map((step) => settled(step, outcome));
}

function turn(step: Step, { text, at }: Entry) {
  const state = stateOf[text];
  if (!state) return;
  step.state = state;
  // A job that was cut off begins its steps anew.
  if (state === "running") [step.startedAt, step.endedAt] = [at, null];
  else step.endedAt = at;
}

/** A step cannot run on after its deployment has ended. */
function settled(step: Step, { status, endedAt, error }: Outcome): Step {
  if (step.state !== "running" || status === "running" || status === "pending") return step;
  if (status === "succeeded") return { ...step, state: "succeeded", endedAt: step.endedAt ?? endedAt };
  const toBlame = status === "failed" && (error?.details?.step ?? step.name) === step.name;
  return { ...step, state: toBlame ? "failed" : "canceled", endedAt: step.endedAt ?? endedAt };
}

/** The step to show open: where it failed, else where it is. */
export function stepToOpen(steps: Step[], outcome: Outcome): DeployStep | undefined {
  const failed = outcome.error?.details?.step ?? steps.find(({ state }) => state === "failed")?.name;
  if (outcome.status === "failed" && failed) return failed as DeployStep;
  return steps.find(({ state }) => state === "running")?.name;
}
