import { rollback, start, stop } from "./act-verbs.ts";
import { doctor } from "./doctor.ts";
import { enroll } from "./enroll.ts";
import { jobs } from "./jobs.ts";
import { logs } from "./logs.ts";
import { ls } from "./ls.ts";
import { policyVerb } from "./policy-verb.ts";
import { run } from "./run.ts";
import { serviceVerb } from "./service-verb.ts";
import { status } from "./status.ts";
import { uninstall } from "./uninstall.ts";
import { agentVersion } from "../version.ts";
import type { Verb } from "./verb.ts";

const version: Verb = {
  summary: "Show the agent's version",
  async run({ terminal }) {
    terminal.say(agentVersion);
    return 0;
  },
};

const help: Verb = {
  summary: "Show this help",
  async run({ terminal }) {
    terminal.say("appos-agent runs the apps of an AppOS control plane on this server.\n");
    for (const [name, { summary, usage }] of Object.entries(verbs))
      terminal.say(`  appos-agent ${[name, usage].filter(Boolean).join(" ")}\n      ${summary}`);
    return 0;
  },
};

/** Everything that `appos-agent` can be asked to do. */
export const verbs: Record<string, Verb> = {
  ls,
  logs,
  stop,
  start,
  rollback,
  jobs,
  status,
  doctor,
  policy: policyVerb,
  enroll,
  run,
  service: serviceVerb,
  uninstall,
  version,
  help,
};
