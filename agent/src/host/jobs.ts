import { settingsFrom } from "../settings.ts";
import type { HostJob } from "./agent-wire.ts";
import { runningAgent } from "./ask-agent.ts";
import { columns } from "./columns.ts";
import { hostMachine } from "./host-machine.ts";
import { moment } from "./moment.ts";
import type { Verb } from "./verb.ts";
import { jobsWithoutAgent } from "./without-agent.ts";

const states: Record<HostJob["state"], string> = {
  waiting: "waiting",
  running: "running",
  ended: "ended, to be reported",
};

export const jobs: Verb = {
  summary: "List the jobs on this server that have not ended, or that the control plane has not heard the end of",
  usage: "[--json]",
  options: { json: { type: "boolean" } },
  async run({ values, env, terminal }) {
    const settings = settingsFrom(env);
    hostMachine(settings, env);
    const agent = await runningAgent(settings);
    const found = agent ? await agent.jobs() : await jobsWithoutAgent(settings, env);
    if (values["json"] === true) {
      terminal.say(JSON.stringify(found, null, 2));
      return 0;
    }
    if (found.length === 0) terminal.say("There is no job on this server.");
    else {
      const rows = found.map(({ id, kind, app, by, state, since }) => [
        kind,
        app ?? "-",
        agent || state === "ended" ? states[state] : "waiting for the agent",
        since === null ? "-" : moment(since),
        by ?? "AppOS",
        id,
      ]);
      for (const line of columns([["KIND", "APP", "STATE", "SINCE", "BY", "ID"], ...rows])) terminal.say(line);
    }
    if (!agent) terminal.say('No agent runs here. "appos-agent service start" starts it.');
    return 0;
  },
};
