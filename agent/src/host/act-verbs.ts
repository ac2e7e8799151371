import type { HostActKind } from "@appos/shared/host-acts";
import { Name } from "@appos/shared/ids";
import type { Ending } from "@appos/shared/jobs";
import type { ActOrder } from "../acts/host-acts.ts";
import { type Settings, settingsFrom } from "../settings.ts";
import { type Entry, runningAgent } from "./ask-agent.ts";
import { untilStopped } from "./host-machine.ts";
import { Refusal } from "./refusal.ts";
import { plain, shown } from "./shown.ts";
import { readStatus } from "./status-file.ts";
import type { Terminal, Verb } from "./verb.ts";
import { actWithoutAgent } from "./without-agent.ts";

const words = {
  "stop-app": { begun: "Stopping", done: (name: string) => `${name} is stopped.` },
  "start-app": { begun: "Starting", done: (name: string, services: string) => `${name} runs${services}.` },
  "rollback-app": {
    begun: "Rolling back",
    done: (name: string, services: string, release: number) => `${name} runs release ${release}${services}.`,
  },
} as const satisfies Record<HostActKind, object>;

const LINES_SHOWN = 20;

export const stop: Verb = actVerb("stop-app", "Stop an app, whether or not the control plane can be reached");
export const start: Verb = actVerb("start-app", "Start an app that is stopped, or that lost its containers");
export const rollback: Verb = {
  ...actVerb("rollback-app", "Put an earlier release of an app in place again: the one before, or the one that is named"),
  usage: "APP [RELEASE]",
};

function actVerb(kind: HostActKind, summary: string): Verb {
  return {
    summary,
    usage: "APP",
    words: true,
    async run({ words: [name, release, ...more], env, terminal }) {
      if (name === undefined || more.length > 0 || (release !== undefined && kind !== "rollback-app"))
        throw new Refusal(
          `Say which: appos-agent ${kind.split("-")[0]} ${kind === "rollback-app" ? "APP [RELEASE]" : "APP"}. "appos-agent ls" lists the apps.`,
        );
      if (!Name.safeParse(name).success) throw new Refusal(`${name} is no app's name. "appos-agent ls" lists the apps.`);
      const settings = settingsFrom(env);
      const order: ActOrder = { kind, name, ...(release !== undefined && { release: releaseNumber(release) }) };
      terminal.say(`${words[kind].begun} ${name}.`);
      const ending = await carriedOut(order, settings, env, terminal);
      return tellEnd(order, ending, settings, terminal);
    },
  };
}

function releaseNumber(text: string): number {
  const number = Number(text.replace(/^v/, ""));
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Refusal(`${text} is no release's number. "appos-agent ls" shows those that are kept.`);
  return number;
}

/** By the running agent, so that it waits its turn among the jobs; without one, by this process in its place. */
async function carriedOut(order: ActOrder, settings: Settings, env: NodeJS.ProcessEnv, terminal: Terminal): Promise<Ending> {
  const stop = new AbortController();
  const forget = untilStopped(stop);
  const onEntry = ({ stream, text }: Entry) => void (stream === "note" && terminal.say(shown(`  ${text}`, terminal)));
  try {
    const agent = await runningAgent(settings);
    if (agent) return await agent.carryOut(order, { onEntry, signal: stop.signal });
    return await actWithoutAgent(settings, env, order, stop, { onEntry });
  } finally {
    forget();
  }
}

function tellEnd({ kind, name }: ActOrder, { outcome, result, error }: Ending, settings: Settings, terminal: Terminal): number {
  if (outcome === "canceled") {
    terminal.complain("appos-agent: This was taken back.");
    return 1;
  }
  if (outcome === "failed") {
    for (const line of error?.details?.lines?.slice(-LINES_SHOWN) ?? []) terminal.complain(plain(`  | ${line}`));
    terminal.complain(plain(`appos-agent: ${error?.message ?? "This failed."}`));
    return 1;
  }
  const { services = [], release = 0 } = (result ?? {}) as { services?: { service: string }[]; release?: number };
  const names = [...new Set(services.map(({ service }) => service))].join(", ");
  terminal.say(shown(words[kind].done(name, names && `: ${names}`, release), terminal));
  if (readStatus(settings.files.status)?.link.state !== "up")
    terminal.say("The control plane is told of it when the agent's link is up again.");
  return 0;
}
