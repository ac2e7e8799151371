import { setTimeout as sleep } from "node:timers/promises";
import type { Violation } from "./checker.ts";
import type { Disk } from "./disk.ts";
import type { Random } from "./random.ts";
import type { Server, World } from "./world.ts";
import type { wallClock } from "./wall-clock.ts";

/** What can be broken. */
export interface Targets {
  world: World;
  engine: { stop(): Promise<void>; kill9(): Promise<void>; start(): Promise<void> };
  disks: { controlPlane: Disk; agent: Disk };
  clocks: { controlPlane: ReturnType<typeof wallClock>; agent: ReturnType<typeof wallClock> };
}

/** What an agent has left running when it was killed is ended soon after the next one has started. */
const ORPHANS_MS = 6_000;

/** What was seen while a fault was there, and must not be. */
class Broken extends Error {
  readonly violation: Violation;
  constructor(violation: Violation) {
    super(`${violation.invariant}: ${violation.says}`);
    this.violation = violation;
  }
}

type Fault = (targets: Targets, server: Server, chance: Random) => Promise<string | void>;
const seconds = (chance: Random, from: number, to: number) => sleep(chance.between(from * 1_000, to * 1_000));

/** As whatever keeps it running would: again, until it is there. */
async function startAgain({ start }: { start(): Promise<void> }) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (attempt === 10) throw error;
      await sleep(1_000);
    }
  }
}

/** Each is applied and undone, and what comes of it is nobody's business here. */
const ofProcesses: Record<string, Fault> = {
  async "kill the control plane"({ world: { controls } }, _, chance) {
    await controls.kill9();
    await seconds(chance, 0, 5);
    await startAgain(controls);
  },
  async "restart the control plane"({ world: { controls } }) {
    await controls.stop();
    await startAgain(controls);
  },
  async "freeze the control plane"({ world: { controls } }, _, chance) {
    controls.signal("SIGSTOP");
    await seconds(chance, 2, 20);
    controls.signal("SIGCONT");
  },
  async "kill an agent"(_, { agent }) {
    const before = agent.programs().map(({ pid }) => pid);
    await agent.kill9();
    await sleep(ORPHANS_MS);
    const left = agent.programs().filter(({ pid }) => before.includes(pid));
    if (left.length > 0) throw new Broken({ invariant: "I-LEAK", says: `what a killed agent had started ran on: ${left[0]!.command}` });
    return before.length === 0 ? "it ran no program" : `it ran ${before.length} programs`;
  },
  async "freeze an agent"(_, { agent }, chance) {
    agent.freeze();
    await seconds(chance, 2, 20);
    agent.thaw();
  },
  async "kill docker compose"(_, { agent }) {
    const compose = agent.programs().find(({ command }) => command.includes("docker-compose"));
    if (!compose) return "none ran";
    process.kill(compose.pid, "SIGKILL");
    return compose.command.split(" ").at(-1);
  },
  async "restart Docker"({ engine }, _, chance) {
    await engine.stop();
    await seconds(chance, 1, 6);
    await startAgain(engine);
  },
  async "kill Docker"({ engine }, _, chance) {
    await engine.kill9();
    await seconds(chance, 0, 3);
    await startAgain(engine);
  },
};

const cut = (way: "both" | "out" | "in"): Fault =>
  async function partition(_, { network }, chance) {
    await network.cut(way);
    await seconds(chance, 5, chance.percent(15) ? 90 : 15);
    await network.heal();
  };
const weather = (changes: Parameters<Server["proxy"]["set"]>[0], ...ways: ("up" | "down")[]): Fault =>
  async function bad(_, { proxy }, chance) {
    proxy.set(changes, ...ways);
    await seconds(chance, 5, 15);
    proxy.calm();
  };

const BY_KERNEL = "delay, loss and order by the kernel";
const NETEM = ["delay", "300ms", "200ms", "loss", "10%", "duplicate", "5%"];

const ofWires: Record<string, Fault> = {
  "cut the wire": cut("both"),
  "cut the wire from the server": cut("out"),
  "cut the wire to the server": cut("in"),
  "delay, jitter and loss": weather({ delayMs: 1_000, jitterMs: 500, lossPercent: 20 }),
  "8 kB/s to the control plane": weather({ bytesPerSecond: 8_000 }, "up"),
  "8 kB/s to the server": weather({ bytesPerSecond: 8_000 }, "down"),
  "job frames told twice": weather({ duplicatePercent: 60 }),
  async [BY_KERNEL](_, { network }, chance) {
    await network.shape(...NETEM);
    await seconds(chance, 5, 15);
    await network.shape();
  },
  async "reset storm"(_, { network }, chance) {
    for (let i = chance.between(2, 8); i > 0; i--) {
      await network.cut("reset");
      await sleep(300);
      await network.heal();
      await sleep(1_700);
    }
  },
  async "reset every connection"(_, { proxy }) {
    proxy.reset();
  },
  async "drop the agent's end only"(_, { proxy }) {
    proxy.halfOpen("agent");
  },
  async "drop the control plane's end only"(_, { proxy }) {
    proxy.halfOpen("control-plane");
  },
  async "502 on upgrades"(_, { proxy }, chance) {
    proxy.refuseUpgrades(true);
    proxy.reset();
    await seconds(chance, 3, 10);
    proxy.calm();
  },
  async "a front end with 5 s of patience"(_, { proxy }, chance) {
    proxy.idleTimeout(5_000);
    await seconds(chance, 10, 20);
    proxy.calm();
  },
  async "old frames told again after a reconnect"(_, { proxy }, chance) {
    proxy.replayAfterReconnect("up");
    proxy.reset();
    await seconds(chance, 5, 10);
    proxy.calm();
  },
};

const ofHosts: Record<string, Fault> = {
  async "fill the control plane's disk"({ disks }, _, chance) {
    disks.controlPlane.fill();
    await seconds(chance, 2, 8);
    disks.controlPlane.free();
  },
  async "fill the first agent's disk"({ disks }, _, chance) {
    disks.agent.fill();
    await seconds(chance, 2, 8);
    disks.agent.free();
  },
  async "the control plane's clock jumps by an hour"({ clocks }, _, chance) {
    clocks.controlPlane.jump(chance.pick(["+1h", "-1h"]));
    await seconds(chance, 3, 10);
    clocks.controlPlane.jump("+0");
  },
  async "the first agent's clock jumps by an hour"({ clocks }, _, chance) {
    clocks.agent.jump(chance.pick(["+1h", "-1h"]));
    await seconds(chance, 3, 10);
    clocks.agent.jump("+0");
  },
};

/** Faults of one kind come one after the other; those of different kinds fall together as chance has it. */
const kinds = { processes: ofProcesses, wires: ofWires, hosts: ofHosts };
const PAUSE_S: Record<keyof typeof kinds, [number, number]> = { processes: [3, 12], wires: [2, 10], hosts: [15, 30] };

export interface Applied {
  fault: string;
  server: string;
  /** Milliseconds since the beginning. */
  from: number;
  to: number;
  note: string;
  violation?: Violation;
}

export async function nemesis(targets: Targets, random: Random, stop: AbortSignal, say: (line: string) => void): Promise<Applied[]> {
  const applied: Applied[] = [];
  const began = performance.now();
  const since = () => Math.round(performance.now() - began);

  // Not every kernel can.
  const { network } = targets.world;
  if (!(await network.shape(...NETEM))) delete ofWires[BY_KERNEL];
  await network.shape();

  async function bring(kind: keyof typeof kinds) {
    const chance = random.branch(kind);
    const [from, to] = PAUSE_S[kind];
    for (;;) {
      await sleep(chance.between(from * 1_000, to * 1_000), undefined, { signal: stop }).catch(() => {});
      if (stop.aborted) return;
      const [fault, apply] = chance.pick(Object.entries(kinds[kind]));
      const server = chance.pick(targets.world.servers);
      const entry: Applied = { fault, server: server.agent.name, from: since(), to: 0, note: "" };
      applied.push(entry);
      say(`${(entry.from / 1_000).toFixed(1).padStart(6)} s  ${fault} (${server.agent.name})`);
      try {
        entry.note = (await apply(targets, server, chance.branch(`${fault} ${applied.length}`))) ?? "";
      } catch (error) {
        entry.note = `failed: ${(error as Error).message}`;
        if (error instanceof Broken) entry.violation = error.violation;
      }
      entry.to = since();
    }
  }

  await Promise.all(Object.keys(kinds).map((kind) => bring(kind as keyof typeof kinds)));
  if (targets.world.controls.isOver()) await startAgain(targets.world.controls);
  return applied.toSorted((a, b) => a.from - b.from);
}
