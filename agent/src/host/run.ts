import { mkdirSync } from "node:fs";
import { converse } from "../conversation.ts";
import { keepLink } from "../link.ts";
import { createLog } from "../log.ts";
import type { Log } from "../log.ts";
import { loginDesk } from "../logins.ts";
import { linkMemory } from "../link-report.ts";
import { keepLogsOfEnding } from "../log-archive/keep.ts";
import { bootId } from "../machine/boot-id.ts";
import { endPrograms } from "../machine/leftovers.ts";
import { removeLogins } from "../machine/login-folder.ts";
import { endTerminals } from "../machine/terminal-notes.ts";
import { openJournal } from "../journal/journal.ts";
import { nodeDisk } from "../machine/node-disk.ts";
import { nodeMachine } from "../machine/node-machine.ts";
import { jobRefusalOf } from "../policy-jobs.ts";
import { runJob } from "../run-job.ts";
import { startRunner } from "../runner.ts";
import { type Identity, type Settings, requireIdentity, settingsFrom } from "../settings.ts";
import { keepProxy } from "../proxy/keeper.ts";
import { keepUptime } from "../proxy/uptime/keep-uptime.ts";
import { startTerminals } from "../streams/terminals.ts";
import { agentVersion } from "../version.ts";
import { voice } from "../voice.ts";
import { whereabouts } from "../whereabouts.ts";
import { openAgentSocket } from "./agent-socket.ts";
import { dialler } from "./dial.ts";
import { followTo } from "./follow.ts";
import { ledger } from "./ledger.ts";
import { takeLock } from "./lock.ts";
import { controlPlaneOf } from "./known-control-plane.ts";
import { controlPlaneUrl } from "./outbound.ts";
import { hostJobs, startHostActs } from "./run-acts.ts";
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
  const machine = nodeMachine({
    dir: dirs.data,
    policyFile: files.policy,
    agentVersion,
    dockerHost: process.env["DOCKER_HOST"],
    proxy: settings.proxy,
    ...(settings.nameServers && { nameServers: settings.nameServers }),
    controlPlane: controlPlaneOf(settings),
  });
  // What an agent that was killed left running would get in the way of what it left undone.
  await endTerminals(dirs.data);
  await endPrograms(dirs.data);
  await removeLogins(dirs.data);
  const logins = loginDesk(machine);
  const { around } = ledger(process.env["APPOS_LEDGER"]);
  const timer = (ms: number, task: () => void) => {
    const timeout = setTimeout(task, ms);
    return () => clearTimeout(timeout);
  };
  const disk = await nodeDisk(dirs.journal);
  const journal = await openJournal(disk, () => crypto.randomUUID());
  let running: { id: string; since: number }[] = [];
  let certificates: ReturnType<typeof keepProxy> | undefined;
  const runner = startRunner({
    journal,
    run: ({ jobId, kind, input }, { attempt, signal, say }) => {
      log.info("job starts", { jobId, kind, attempt });
      return around({ jobId, kind, attempt }, () =>
        runJob(kind, input, { machine, say: voice(say), signal, attempt, logins: logins.of(jobId, signal) }),
      ).finally(() => kind === "apply-sites" && certificates?.changed());
    },
    now: Date.now,
    timer,
    lanesAtOnce: settings.lanesAtOnce,
    refusal: jobRefusalOf(machine),
    broken(error) {
      log.error("the journal cannot be written: the agent ends, and goes on from it when it is started again", { error: String(error) });
      process.exit(1);
    },
    onChange(jobs) {
      running = jobs;
      status.tell({ jobs });
    },
  });
  const { acts, report, log: told } = await startHostActs({ machine, disk, inLane: runner.inLane, lastJob: journal.fence });
  const jobs = () => hostJobs(journal.jobs(), running, told.all());
  const closeSocket = await openAgentSocket({ path: files.socket, acts, jobs, log });
  const terminals = startTerminals(machine);
  keepLogsOfEnding(machine, stop);
  certificates = keepProxy({ machine, inLane: runner.inLane, warn: (message) => log.warn(message), signal: stop });
  const uptime = keepUptime(machine, stop);
  const link = linkMemory({ life: crypto.randomUUID(), boot: await bootId() }, () => performance.now());
  const where = whereabouts(
    identity.url,
    (url) => controlPlaneUrl(url).origin,
    (url, from) => {
      log.info("the control plane has moved, and this server with it", { from, url });
      return followTo(settings, identity, { url, from, at: Date.now() });
    },
  );
  await keepLink({
    dial: (hearer) => dialler({ ...identity, url: where.next() })(hearer),
    now: () => performance.now(),
    timer,
    random: Math.random,
    soon: where.elsewhere,
    stop,
    converse: (wire) =>
      converse(
        {
          keys: identity,
          version: agentVersion,
          machine,
          runner,
          terminals,
          acts: report,
          logins,
          uptime,
          linkReport: link.up,
          onWelcome() {
            where
              .letIn()
              .catch((error: unknown) => log.error("the control plane's new address could not be kept", { error: String(error) }));
            log.info("link is up", { url: where.next() });
            status.tell({ link: { state: "up", since: Date.now(), lastError: null } });
          },
          onMoved: where.moved,
          onFacts: ({ dockerVersion, composeVersion, dockerProblem }) =>
            status.tell({ docker: { version: dockerVersion, compose: composeVersion, problem: dockerProblem } }),
          warn: (message) => log.warn(message),
        },
        wire,
      ),
    onDown(reason, heldMs, nextInMs) {
      const why = where.down(reason);
      link.down(why);
      log.warn("link is down", { why, heldMs: Math.round(heldMs), nextInMs: Math.round(nextInMs) });
      status.tell({ link: { state: "down", since: Date.now(), lastError: why } });
    },
  });
  closeSocket();
  acts.freeze();
  runner.freeze();
  await Promise.all([endTerminals(dirs.data), endPrograms(dirs.data)]);
  await removeLogins(dirs.data);
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
