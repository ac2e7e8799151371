import { converse } from "../agent/src/conversation.ts";
import type { Keys } from "../agent/src/handshake.ts";
import { openJournal } from "../agent/src/journal/journal.ts";
import { keepLink } from "../agent/src/link.ts";
import { fakeDisk } from "../agent/src/machine/fake-disk.ts";
import { runJob } from "../agent/src/run-job.ts";
import { startRunner } from "../agent/src/runner.ts";
import { voice } from "../agent/src/voice.ts";
import type { Chance } from "./chance.ts";
import { engine } from "./engine.ts";
import type { network } from "./network.ts";
import type { VirtualTime } from "./time.ts";
import type { Witness } from "./witness.ts";

interface World {
  time: VirtualTime;
  chance: Chance;
  witness: Witness;
  /** Milliseconds UTC by this host's clock, which may be wrong. */
  clock(): number;
}

/** Logs so small that much is left out of them, or such as hold all. */
const limits = [
  { headBytes: 700, segmentBytes: 300, segments: 2 },
  { headBytes: 20_000, segmentBytes: 5_000, segments: 2 },
];

/** One server: its disk, its containers, and the agent that runs there now. */
export function host(world: World, net: ReturnType<typeof network>, keys: Keys) {
  const { time, chance, witness, clock } = world;
  const faults = { full: false, failing: 0 };
  const disk = fakeDisk(
    (act, name) => {
      if (faults.failing > 0 && chance.of(faults.failing)) throw Object.assign(new Error("EIO"), { code: "EIO" });
      if (faults.full && act === "append" && name !== "log.new") throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    },
    (ms = chance.upTo(4)) => time.sleep(ms),
  );
  const docker = engine(world);
  const limit = chance.pick(limits);
  let life = 0;
  let journals = 0;
  let isUp = false;

  async function start() {
    const mine = ++life;
    isUp = true;
    const alive = () => mine === life;
    const never = new Promise<never>(() => {});
    const mortal = async <T>(task: Promise<T>): Promise<T> => {
      const result = await task.then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      );
      if (!alive()) return never;
      if ("error" in result) throw result.error;
      return result.value;
    };
    const timer = (ms: number, task: () => void) => time.timer(ms, () => alive() && task());
    const broken = () => {
      if (alive()) die();
    };
    const machine = docker.machineFor(alive, mortal);

    const opened = openJournal(disk.mount(), () => `journal-${++journals}`, limit);
    const journal = await opened.then(
      (found) => found,
      () => undefined,
    );
    if (!alive()) return;
    if (!journal) return die();
    const runner = startRunner({
      journal: witness.watching(journal, alive),
      run: async (work, told) => {
        if (!alive()) return never;
        const over = witness.begins(work, told.attempt);
        const ending = await mortal(
          runJob(work.kind, work.input, { machine, say: voice(told.say), signal: told.signal, attempt: told.attempt }),
        );
        over();
        return ending;
      },
      now: clock,
      timer,
      lanesAtOnce: 3,
      refusal: async () => undefined,
      broken,
    });
    const about = { keys, version: "0", machine, runner, onWelcome: () => {}, onFacts: () => {}, warn: () => {} };
    void keepLink({
      dial: (hearer) =>
        alive() &&
        net.dial({
          opened: (socket) => (alive() ? hearer.opened(socket) : socket.terminate()),
          text: (text) => alive() && hearer.text(text),
          bytes: (bytes) => alive() && hearer.bytes(bytes),
          gone: (why) => alive() && hearer.gone(why),
        }),
      now: time.now,
      timer,
      random: () => chance.next(),
      converse: (wire) => converse(about, wire),
      onDown: () => {},
      stop: new AbortController().signal,
    });
  }

  /** `kill -9`; without power what was not synced is gone too, or a part of it. Its service starts it again. */
  function die(power = true) {
    life++;
    isUp = false;
    disk.unmount();
    witness.cutOff();
    docker.cutOff();
    for (const link of net.links()) link.dead("agent", power);
    if (!power) disk.cutPower((bytes) => chance.upTo(bytes + 1));
    time.timer(chance.between(100, 5_000), () => void (isUp || start()));
  }

  return {
    start,
    die: (power: boolean) => isUp && die(power),
    isUp: () => isUp,
    end: () => void life++,
    faults,
    docker,
    disk,
    /** Its journal is gone: what it held nobody knows. */
    loseJournal() {
      if (isUp) die();
      witness.journalLost();
      disk.wipe();
    },
  };
}
