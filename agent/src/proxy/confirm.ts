import { failpoint } from "@appos/shared/failpoint";
import { ProxyModel } from "@appos/shared/sites";
import * as z from "zod";
import { jsonOf } from "../json.ts";
import { JobFailure } from "../jobs/job-failure.ts";
import type { Machine } from "../machine/machine.ts";
import { proxyModel } from "./proxy-model.ts";

/**
 * What was reached before a change has so long to be reached again. With what it takes to go back, half a minute at most where a proxy lets
 * its visitors finish, all is over within a minute.
 */
const [CONFIRM_MS, AGAIN_MS, ANSWER_MS] = [15_000, 500, 5_000];
/** After a change that failed, and has put back what it could by itself. */
const FAILED_MS = 5_000;
const HEALTH = "/api/health";

/** From one model of all that the proxy serves to another; null where there was none. */
const Change = z.object({ former: ProxyModel.nullable(), next: ProxyModel });
export type ProxyChange = z.output<typeof Change>;

interface Acts<T> {
  /** Makes the change. Before it writes down that it is made, it has `confirm` say whether it may stay. */
  make(confirm: () => Promise<void>): Promise<T>;
  /** Has the proxy serve the former one. */
  goBack(change: ProxyChange): Promise<unknown>;
}

/** By what people come to this server, or its agent to the control plane. */
interface Lifeline {
  /** How it is to be without it. */
  without: string;
  answers(limitMs: number): Promise<boolean>;
}

type Place = Pick<Machine, "folder" | "files">;
const fileOf = ({ folder }: Pick<Machine, "folder">) => `${folder}/proxy/unconfirmed.json`;

/**
 * Has a change stay only where whatever was reached before it is reached after it: over connections of their own, for those that are open may
 * outlive what cuts off all others. It is on disk before it begins, so that an agent that is killed in between goes back.
 */
export async function confirmed<T>(change: ProxyChange, { make, goBack }: Acts<T>, machine: Machine): Promise<T> {
  const reached = await reachedOf(lifelines(change, machine));
  await machine.files.write({ [fileOf(machine)]: JSON.stringify(change) });
  failpoint("agent: the change of the proxy is noted");
  let result: T;
  let isConfirmed = false;
  try {
    result = await make(async () => {
      failpoint("agent: the change of the proxy is to be confirmed");
      const lost = await lostOf(reached, CONFIRM_MS, machine);
      if (lost.length > 0) throw new CutOff(lost);
      isConfirmed = true;
    });
  } catch (error) {
    const lost = error instanceof CutOff ? error.lost : isConfirmed ? [] : await lostOf(reached, FAILED_MS, machine);
    const words = lost.map(({ without }) => without).join(", and ");
    if (lost.length > 0) await undo(words, () => goBack(change));
    await machine.files.remove(fileOf(machine));
    throw lost.length > 0 ? refused(`With this change ${words}. It was undone: all is as before.`) : error;
  }
  await machine.files.remove(fileOf(machine));
  return result;
}

/** Goes back from a change that nobody has confirmed, where an agent was killed before it could. */
export async function undoUnconfirmed(goBack: Acts<unknown>["goBack"], machine: Place): Promise<void> {
  const text = await machine.files.read(fileOf(machine));
  if (text === undefined) return;
  const { data: change } = Change.safeParse(jsonOf(text));
  if (change && !(await isMade(change, machine))) await goBack(change);
  await machine.files.remove(fileOf(machine));
}

/** What is written down last has been. */
async function isMade({ next }: ProxyChange, machine: Place): Promise<boolean> {
  const now = await proxyModel(machine);
  return next.sites.length === 0 ? now === undefined : JSON.stringify(now) === JSON.stringify(next);
}

async function undo(words: string, goBack: () => Promise<unknown>) {
  failpoint("agent: the change of the proxy is being undone");
  try {
    await goBack();
  } catch (error) {
    // It is on disk still, and so tried again: see keepProxy.
    const why = error instanceof Error ? error.message : String(error);
    throw refused(`With this change ${words}. It could not be undone yet, and that is tried again: ${why}`);
  }
}

const refused = (message: string) => new JobFailure("PROXY_REFUSED", message, { step: "confirm" });

class CutOff extends Error {
  readonly lost: Lifeline[];
  constructor(lost: Lifeline[]) {
    super("What was reached before is not any more");
    this.lost = lost;
  }
}

/** The console's own address is one of them as long as it is to stay. */
function lifelines({ former, next }: ProxyChange, { visit, proxy, reachesControlPlane }: Machine): Lifeline[] {
  const its = consoleOf(next);
  const link = { without: "the control plane was not reached from this server any more", answers: reachesControlPlane };
  if (!its || consoleOf(former)?.name !== its.name) return [link];
  const { name } = its;
  const ask = (limitMs: number) => visit({ name, path: HEALTH, https: true, port: proxy.https, limitMs });
  const answers = async (limitMs: number) => ((await ask(limitMs)).status ?? 500) < 500;
  return [link, { without: `${name}, the address of the console, did not answer any more`, answers }];
}

const consoleOf = (model: ProxyModel | null) => model?.sites.find(({ console }) => console);

async function reachedOf(all: Lifeline[]): Promise<Lifeline[]> {
  const answers = await Promise.all(all.map((each) => each.answers(ANSWER_MS)));
  return all.filter((_, i) => answers[i]);
}

/** Those that do not answer within this time. */
async function lostOf(reached: Lifeline[], limitMs: number, machine: Machine): Promise<Lifeline[]> {
  const until = machine.elapsed() + limitMs;
  let silent = reached;
  for (;;) {
    const left = Math.max(1, Math.ceil(Math.min(ANSWER_MS, until - machine.elapsed())));
    const answers = await Promise.all(silent.map((each) => each.answers(left)));
    silent = silent.filter((_, i) => !answers[i]);
    if (silent.length === 0 || machine.elapsed() >= until) return silent;
    await machine.sleep(AGAIN_MS);
  }
}
