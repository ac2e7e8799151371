import type { TerminalReport } from "@appos/shared/agent-link";
import type { StreamInput } from "@appos/shared/streams";
import type { TerminalTarget } from "@appos/shared/terminals";
import type { Machine, Pty, PtyOptions } from "../machine/machine.ts";
import { policyInForce } from "../policy-in-force.ts";
import { allowTerminal } from "../policy-terminals.ts";
import { openTerminal, type OpenTerminal } from "./open-terminal.ts";
import { StreamRefused } from "./stream.ts";

/** More than this many at once is a fault of whoever asks. */
const AT_ONCE = 50;
const MINUTE_MS = 60_000;
const ALONE_MINUTES = 15;
const IDLE_MINUTES = 12 * 60;
/** Ends that are remembered for the next link, should this one lose them; the oldest go. */
const REMEMBERED = 50;

export type Terminals = ReturnType<typeof startTerminals>;
type Tell = (report: TerminalReport) => void;
type Input = StreamInput<"terminal">;

/** One that is there, or about to be; and who waits for it. */
interface Opening {
  terminal: Promise<OpenTerminal>;
  viewers: AbortSignal[];
}

/** The terminals of this server. They outlive every link, and end with the agent. */
export function startTerminals(machine: Machine) {
  const open = new Map<string, Opening>();
  const running = new Map<string, OpenTerminal>();
  let ended: TerminalReport["ended"] = [];
  let told: TerminalReport["ended"] = [];
  let tell: Tell | undefined;
  let watching = false;

  function report() {
    if (!tell) return;
    tell({ open: [...running.keys()], ended });
    told = [...told, ...ended].slice(-REMEMBERED);
    ended = [];
  }

  async function allowed({ target, by }: Pick<Input, "target" | "by">) {
    const refusal = allowTerminal(await policyInForce(machine), { target, by });
    if (refusal) throw new StreamRefused("POLICY_REFUSED", refusal.message);
  }

  async function start(input: Input, viewers: AbortSignal[]): Promise<OpenTerminal> {
    if (open.size >= AT_ONCE) throw new StreamRefused("TOO_MANY_TERMINALS", `This server has ${AT_ONCE} terminals open already.`);
    const { session, cols, rows } = input;
    const terminal = openTerminal(await openAt(machine, input.target, { id: session, cols, rows }), input);
    running.set(session, terminal);
    void terminal.ended.then((exit) => {
      open.delete(session);
      running.delete(session);
      ended = [...ended, { session, ...exit }].slice(-REMEMBERED);
      report();
    });
    report();
    void watch();
    if (viewers.every(({ aborted }) => aborted)) void terminal.end("Whoever asked for it had gone before it was there.");
    return terminal;
  }

  /** One that is open already is shown to whoever opened it, where it is; the policy may have changed since. */
  async function again({ terminal, viewers }: Opening, { session, by, target }: Input, viewer: AbortSignal): Promise<OpenTerminal> {
    if (!running.has(session)) viewers.push(viewer);
    const found = await terminal;
    if (found.by !== by || !isSame(found.target, target)) throw gone();
    await allowed(found);
    return found;
  }

  /** Minute by minute, ends those that nobody looks at, and those into which nobody types. */
  async function watch() {
    if (watching) return;
    watching = true;
    while (running.size > 0) {
      await machine.sleep(MINUTE_MS);
      for (const terminal of running.values()) {
        const { minutes } = terminal;
        minutes.alone = terminal.attended() ? 0 : minutes.alone + 1;
        minutes.idle++;
        if (minutes.alone >= ALONE_MINUTES) void terminal.end(`Nobody was attached for ${ALONE_MINUTES} minutes.`);
        else if (minutes.idle >= IDLE_MINUTES) void terminal.end(`Nothing was typed for ${IDLE_MINUTES / 60} hours.`);
      }
    }
    watching = false;
  }

  return {
    /** The terminal of a session; opened where it is new. */
    async find(input: Input, viewer: AbortSignal): Promise<OpenTerminal> {
      const { session, resume } = input;
      const found = open.get(session);
      if (found) return again(found, input, viewer);
      await allowed(input);
      // Somebody else may have asked for the same one meanwhile.
      const meanwhile = open.get(session);
      if (meanwhile) return again(meanwhile, input, viewer);
      if (resume) throw gone();
      const viewers = [viewer];
      const terminal = start(input, viewers);
      open.set(session, { terminal, viewers });
      terminal.catch(() => open.delete(session));
      return terminal;
    },
    /** Ends one that whoever opened it may have no longer. */
    stop(session: string, why: string) {
      const ending = open.get(session)?.terminal.then((terminal) => terminal.end(why));
      ending?.catch(() => {});
    },
    /** A link is open: it hears which there are, and of each that ends. */
    connected(over: Tell) {
      tell = over;
      [ended, told] = [[...told, ...ended].slice(-REMEMBERED), []];
      report();
    },
    disconnected: () => void (tell = undefined),
  };
}

const isSame = (a: TerminalTarget, b: TerminalTarget) =>
  a.type === "host" ? b.type === "host" : b.type === "exec" && a.appId === b.appId && a.service === b.service;

const gone = () => new StreamRefused("TERMINAL_ENDED", "This terminal is not open any more.");

async function openAt(machine: Machine, target: TerminalTarget, options: PtyOptions): Promise<Pty> {
  if (target.type === "host") {
    return machine.openPty(options).catch((error: unknown) => {
      throw new StreamRefused("UNAVAILABLE", error instanceof Error ? error.message : String(error));
    });
  }
  const { appId, name, service } = target;
  const containers = await machine.engine.containers({ appId });
  const container = containers.find(({ oneOff, status }) => !oneOff && status.service === service && status.state === "running");
  if (!container) throw new StreamRefused("NOT_RUNNING", `The service ${service} of ${name} has no container that runs. Start it first.`);
  const pty = await machine.engine.openExec(container, options);
  if (!pty)
    throw new StreamRefused("NO_SHELL", `The container ${container.status.container} has no shell, so no terminal can be opened in it.`);
  return pty;
}
