import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Ending } from "@appos/shared/jobs";
import type { ActOrder } from "../acts/host-acts.ts";
import type { Settings } from "../settings.ts";
import { Answer, type HostJob, jsonLines, type Question } from "./agent-wire.ts";
import { holderOf } from "./lock.ts";
import { near } from "./near.ts";
import { Refusal } from "./refusal.ts";

/** An agent that has just started needs a moment until it can be asked. */
const PATIENCE_MS = 5_000;

export type Entry = Extract<Answer, { entry: unknown }>["entry"];
export interface Hearing {
  onEntry(entry: Entry): void;
  /** Aborted when whoever asks takes it back. */
  signal: AbortSignal;
}

/** The running agent, to be asked over its socket; undefined where none runs. */
export async function runningAgent({ files }: Pick<Settings, "files">) {
  for (const until = Date.now() + PATIENCE_MS; ; await sleep(50)) {
    if (await answers(files.socket)) return askedOver(files.socket);
    if (holderOf(files.lock) === undefined) return undefined;
    if (Date.now() > until)
      throw new Refusal(`An agent runs here, but it does not answer at ${files.socket}. Restart it: appos-agent service restart.`);
  }
}

function answers(path: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const { name, done } = near(path);
  const socket = connect(name, () => (socket.destroy(), resolve(true)));
  socket.on("close", done);
  socket.on("error", ({ code }: NodeJS.ErrnoException) =>
    code === "EACCES" ? reject(new Refusal("Only root may do this. Run this with sudo.")) : resolve(false),
  );
  return promise;
}

const askedOver = (path: string) => ({
  async jobs(): Promise<HostJob[]> {
    const answer = await ask(path, { ask: "jobs" });
    return answer && "jobs" in answer ? answer.jobs : [];
  },
  async carryOut({ kind, name, release }: ActOrder, hearing: Hearing): Promise<Ending> {
    const answer = await ask(path, { act: kind, name, ...(release !== undefined && { release }) }, hearing);
    if (!answer || !("ended" in answer)) throw new Refusal("The agent went away in the middle. See how it is: appos-agent ls.");
    return answer.ended;
  },
});

/** The last thing that was answered; undefined where the agent went away before. */
async function ask(path: string, question: Question, { onEntry, signal }: Partial<Hearing> = {}): Promise<Answer | undefined> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let last: Answer | undefined;
  const { name, done } = near(path);
  const socket = connect(name);
  const send = (line: Question) => socket.write(`${JSON.stringify(line)}\n`);
  signal?.addEventListener("abort", () => send({ ask: "cancel" }), { once: true });
  const hear = jsonLines((value) => {
    const { data: answer } = Answer.safeParse(value);
    if (answer && "entry" in answer) onEntry?.(answer.entry);
    else if (answer) last = answer;
  });
  socket.setEncoding("utf8").on("data", hear);
  socket.on("error", () => {});
  socket.on("close", () => (done(), resolve()));
  send(question);
  await promise;
  if (last && "refused" in last) throw new Refusal(last.refused);
  return last;
}
