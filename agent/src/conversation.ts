import { type AgentFrame, ControlFrame, type LinkReport } from "@appos/shared/agent-link";
import type { ServerFacts } from "@appos/shared/servers";
import type { ActReport } from "./acts/act-report.ts";
import { handshake, type Keys, LinkOver } from "./handshake.ts";
import { fits, inventoryNews } from "./inventory-news.ts";
import type { LoginDesk } from "./logins.ts";
import type { Machine } from "./machine/machine.ts";
import { sitesNews } from "./proxy/news.ts";
import type { Uptime } from "./proxy/uptime/keep-uptime.ts";
import type { Runner } from "./runner.ts";
import { isStreamOrder, openStreams } from "./streams/open-streams.ts";
import { startTerminals, type Terminals } from "./streams/terminals.ts";

const SAMPLE_MS = 10_000;
const FACTS_MS = 5 * 60_000;
/** How soon what the server's owner has changed is told. */
const POLICY_MS = 2_000;

/** A socket, as a conversation needs it. */
export interface Wire {
  send(text: string): void;
  /** Resolves once the bytes have left, so that a flood waits for the network. */
  sendBytes(bytes: Uint8Array): Promise<void>;
}

export interface Conversation {
  hear(text: string): Promise<void>;
  hearBytes(bytes: Uint8Array): void;
  /** Resolves once everything heard so far was dealt with. */
  settled(): Promise<void>;
  /** The control plane has let this agent in. */
  welcomed(): boolean;
  /** What was said and is not acknowledged yet, as a number that changes with every step forward; undefined where nothing is. */
  waiting(): number | undefined;
  end(): void;
}

interface About {
  keys: Keys;
  version: string;
  machine: Machine;
  runner: Runner;
  /** Those of this server, which outlive a link. */
  terminals?: Terminals;
  /** What is done on this server itself. */
  acts?: ActReport;
  /** How sites answer, which is asked whether or not there is a link. */
  uptime?: Uptime;
  /** Where jobs ask who this server is to a registry. */
  logins?: LoginDesk;
  /** What it says of itself and of the link before, once it is let in. */
  linkReport?: () => LinkReport;
  /** Both ends have proved who they are. */
  onWelcome(): void;
  /** The pinned control plane has said that it is at another address now. */
  onMoved?: (url: string) => void;
  onFacts(facts: ServerFacts): void;
  warn(message: string): void;
}

/** What is said over one link, from hello to its end. */
export function converse({ keys, version, machine, runner, onWelcome, onFacts, warn, ...about }: About, wire: Wire): Conversation {
  const { terminals = startTerminals(machine) } = about;
  const { hello, prove, newAddress } = handshake(keys, version);
  const over = new AbortController();
  const send = (frame: AgentFrame) => {
    if (over.signal.aborted) return;
    const text = JSON.stringify(frame);
    if (fits(text)) wire.send(text);
    else warn(`A frame of the kind ${frame.type} was too large and is left out`);
  };
  const streams = openStreams(machine, terminals, { send, sendBytes: wire.sendBytes });
  let turn: Promise<void> = Promise.resolve();
  /** The control plane has shown that it is the pinned one; then it has let us in. */
  let proved = false;
  let welcomed = false;
  /** Until when somebody looks who had to ask; for ever where nobody has to. */
  let watchedUntil = Infinity;
  const isWatched = () => machine.elapsed() < watchedUntil;
  const tellSample = async () => send({ type: "sample", sample: await machine.sample() });

  /** Says what the server is where that changes, and how it is doing every so often, until the link is gone. */
  async function report() {
    let lastFacts = -Infinity;
    let told = "";
    let last = "";
    while (!over.signal.aborted) {
      // That Docker has gone or is back is news, and so is what the server's owner allows.
      const policy = await machine.policyText().catch(String);
      const now = `${await machine.dockerProblem()}\n${policy}`;
      if (now !== last || machine.elapsed() - lastFacts >= FACTS_MS) {
        const facts = await machine.facts();
        if (JSON.stringify(facts) !== told) send({ type: "facts", facts });
        told = JSON.stringify(facts);
        onFacts(facts);
        lastFacts = machine.elapsed();
        last = now;
      }
      if (isWatched()) await tellSample();
      for (let slept = 0; slept < SAMPLE_MS && (await machine.policyText().catch(String)) === policy; slept += POLICY_MS)
        await machine.sleep(POLICY_MS, over.signal);
    }
  }

  const news = inventoryNews(machine, send, over.signal);
  const sites = sitesNews(machine, send, over.signal);
  /** An end that is told changes what should run. */
  const sendOfJobs = (frame: AgentFrame) => {
    send(frame);
    if (frame.type !== "finished") return;
    const lane = runner.laneOf(frame.jobId);
    news.jobEnded(lane);
    if (lane === "proxy" || lane?.startsWith("app:")) sites.changed();
  };

  async function obey(frame: ControlFrame) {
    if (frame.type === "challenge") {
      const signature = await prove(frame);
      proved = true;
      const { journal, lanes } = runner;
      return send({ type: "proof", signature, journal, lanes, jobs: await runner.held(), seen: runner.seen() ?? null });
    }
    if (frame.type === "moved") {
      if (proved) return;
      const url = await newAddress(frame);
      about.onMoved?.(url);
      throw new LinkOver(`The control plane has moved to ${url}`);
    }
    if (frame.type === "welcome") {
      if (!proved || welcomed) return;
      welcomed = true;
      if (frame.samples === "asked") watchedUntil = -Infinity;
      onWelcome();
      if (about.linkReport) send({ type: "link-report", ...about.linkReport() });
      void runner.connected(sendOfJobs, { incarnation: frame.incarnation, epoch: frame.epoch });
      terminals.connected((report) => send({ type: "terminals", ...report }));
      about.acts?.connected(send);
      about.logins?.connected(frame.logins ? send : undefined);
      if (frame.uptime) about.uptime?.connected(send, sites.changed);
      news.begin();
      sites.begin();
      return void report().catch((error: unknown) => over.signal.aborted || warn(`The server's state could not be read: ${String(error)}`));
    }
    // Nobody gives orders who has not been shown our proof, and shown us theirs.
    if (!welcomed) return;
    if (isStreamOrder(frame)) return streams.obey(frame);
    if (frame.type === "watch") {
      watchedUntil = Math.max(watchedUntil, machine.elapsed() + frame.forMs);
      // Also where it is watched already: who asks again has forgotten what was said.
      return tellSample();
    }
    if (frame.type === "end-terminal") return terminals.stop(frame.session, frame.why);
    if (frame.type === "logins") return about.logins?.came(frame);
    if (frame.type === "uptime-kept") return about.uptime?.kept(frame.id);
    if (frame.type === "host-acts-kept") return about.acts?.kept(frame.ids);
    return runner.obey(frame);
  }

  wire.send(JSON.stringify(hello));
  return {
    /** One thing at a time, in the order it came. A frame that cannot be read is for an agent newer than this one. */
    hear(text) {
      const { data: frame } = ControlFrame.safeParse(text);
      // What concerns streams waits for no disk.
      if (frame && welcomed && isStreamOrder(frame) && !over.signal.aborted) streams.obey(frame);
      else if (frame) turn = turn.then(() => (over.signal.aborted ? undefined : obey(frame)));
      else warn("The control plane said something that this agent does not understand");
      return turn;
    },
    hearBytes: (bytes) => void (welcomed && streams.hear(bytes)),
    settled: () => turn,
    welcomed: () => welcomed,
    waiting: () => (welcomed ? runner.waiting() : undefined),
    end() {
      over.abort();
      streams.end();
      terminals.disconnected();
      about.acts?.disconnected();
      about.logins?.disconnected();
      about.uptime?.disconnected();
      if (welcomed) runner.disconnected();
    },
  };
}
