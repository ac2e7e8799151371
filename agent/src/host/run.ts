import { mkdirSync } from "node:fs";
import { converse } from "../conversation.ts";
import { keepLink } from "../link.ts";
import { createLog } from "../log.ts";
import type { Log } from "../log.ts";
import { endPrograms } from "../machine/leftovers.ts";
import { fileJournal } from "../machine/file-journal.ts";
import { nodeMachine } from "../machine/node-machine.ts";
import { runJob } from "../run-job.ts";
import { startRunner } from "../runner.ts";
import { type Identity, type Settings, requireIdentity, settingsFrom } from "../settings.ts";
import { agentVersion } from "../version.ts";
import { voice } from "../voice.ts";
import { takeLock } from "./lock.ts";
import { statusFile } from "./status-file.ts";
import type { Verb } from "./verb.ts";

const STOP_WITHIN_MS = 3_000;

/** What a running agent is given. */
export interface AgentContext {
  settings: Settings;
  identity: Identity;
  log: Log;
  status: ReturnType<typeof statusFile>;
  /** Aborted on SIGTERM and SIGINT: three seconds are left. */
  stop: AbortSignal;
}

export const run: Verb = {
  summary: "Run the agent in the foreground, as its service does",
  async run({ env }) {
    const settings = settingsFrom(env);
    const identity = requireIdentity(settings);
    // Folders that services mount are made as Docker would make them; what is secret is given its mode by name.
    process.umask(0o022);
    mkdirSync(settings.dirs.data, { recursive: true, mode: 0o700 });
    const release = takeLock(settings.files.lock);
    const log = createLog({ ...settings.log, now: Date.now, write: (line) => process.stderr.write(line) });
    const stop = stopSignal(log);
    try {
      log.info("agent starts", { version: agentVersion, server: identity.serverName, serverId: identity.serverId, url: identity.url });
      await runAgent({ settings, identity, log, status: statusFile(settings.files.status, agentVersion), stop });
    } finally {
      release();
    }
    // What still listens to Docker or waits for a timer has nothing more to do.
    process.exit(0);
  },
};

/** Settings to link: what an agent is made of. Resolves when it was told to stop and everything it started has ended. */
async function runAgent({ settings, identity, log, status, stop }: AgentContext): Promise<void> {
  const { dirs, files } = settings;
  const machine = nodeMachine({ dir: dirs.data, policyFile: files.policy, agentVersion, dockerHost: process.env["DOCKER_HOST"] });
  // What an agent that was killed left running would get in the way of what it left undone.
  await endPrograms(dirs.data);
  const runner = await startRunner({
    journal: await fileJournal(dirs.journal),
    run: ({ jobId, kind, input }, { attempt, signal, say }) => {
      log.info("job starts", { jobId, kind, attempt });
      return runJob(kind, input, { machine, say: voice(say), signal, attempt });
    },
    now: Date.now,
    timer(ms, task) {
      const timer = setTimeout(task, ms);
      return () => clearTimeout(timer);
    },
    onChange: (jobs) => status.tell({ jobs }),
  });
  await keepLink({
    url: identity.url,
    serverId: identity.serverId,
    ca: identity.ca,
    stop,
    converse: (wire) =>
      converse(
        {
          keys: identity,
          version: agentVersion,
          machine,
          runner,
          onWelcome() {
            log.info("link is up", { url: identity.url });
            status.tell({ link: { state: "up", since: Date.now(), lastError: null } });
          },
          onFacts: ({ dockerVersion, composeVersion, dockerProblem }) =>
            status.tell({ docker: { version: dockerVersion, compose: composeVersion, problem: dockerProblem } }),
          warn: (message) => log.warn(message),
        },
        wire,
      ),
    onDown(why, nextInMs) {
      log.warn("link is down", { why, nextInMs: Math.round(nextInMs) });
      status.tell({ link: { state: "down", since: Date.now(), lastError: why } });
    },
  });
  runner.freeze();
  await endPrograms(dirs.data);
}

function stopSignal(log: Log): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.on(signal, () => {
      if (controller.signal.aborted) return;
      log.info("agent stops", { signal });
      controller.abort();
      setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
    });
  return controller.signal;
}
