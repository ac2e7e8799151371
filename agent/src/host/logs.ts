import { LOG_LINES, LogLine, LogQuery } from "@appos/shared/logs";
import { hostApp, hostApps } from "../acts/host-apps.ts";
import { settingsFrom } from "../settings.ts";
import { jsonLines } from "./agent-wire.ts";
import { logs as readLogs } from "../streams/logs.ts";
import { hostMachine, untilStopped } from "./host-machine.ts";
import { Refusal } from "./refusal.ts";
import { shown } from "./shown.ts";
import type { Verb } from "./verb.ts";

export const logs: Verb = {
  summary: "Show what an app's containers have said, or with -f what they say",
  usage: "[-f] [--tail N] APP",
  options: { follow: { type: "boolean", short: "f" }, tail: { type: "string" } },
  words: true,
  async run({ values, words: [name, ...more], env, terminal }) {
    if (name === undefined || more.length > 0) throw new Refusal('Say which: appos-agent logs APP. "appos-agent ls" lists the apps.');
    const tail = LogQuery.shape.tail.safeParse(values["tail"]).data;
    if (tail === undefined) throw new Refusal(`--tail takes a number of lines, ${LOG_LINES} at most.`);
    const machine = hostMachine(settingsFrom(env), env);
    const problem = await machine.dockerProblem();
    if (problem) throw new Refusal(problem);
    const app = await hostApp(machine, name);
    if (!app?.appId) {
      const names = (await hostApps(machine)).map((each) => each.name);
      throw new Refusal(`There is no app ${name} on this server. There ${names.length === 0 ? "is none" : `are: ${names.join(", ")}`}.`);
    }
    const width = Math.max(0, ...(app.services ?? []).map(({ service }) => service.length));
    const stop = new AbortController();
    const forget = untilStopped(stop);
    const decoder = new TextDecoder();
    const take = jsonLines((value) => {
      const { data: line } = LogLine.safeParse(value);
      if (line) terminal.say(shown(`${line.service.padEnd(width)} | ${line.text}`, terminal));
    });
    try {
      const question = { appId: app.appId, name, tail, follow: values["follow"] === true };
      await readLogs(question, { machine, signal: stop.signal, write: async (bytes) => take(decoder.decode(bytes, { stream: true })) });
    } finally {
      forget();
    }
    return 0;
  },
};
