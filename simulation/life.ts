import { createHash } from "node:crypto";
import { type Entry, type JobState, jobKinds, openStates } from "../shared/src/jobs.ts";
import { chanceFrom } from "./chance.ts";
import type { Around, controlPlane } from "./control.ts";
import { host } from "./host.ts";
import { faults } from "./faults.ts";
import { fair, network } from "./network.ts";
import { people } from "./people.ts";
import { turns, type VirtualTime, virtualTime } from "./time.ts";
import { createWitness, Violation } from "./witness.ts";

type Control = Awaited<ReturnType<typeof controlPlane>>;
type Running = Awaited<ReturnType<Control["start"]>>;

/** One kind in the simulation is of those that may not be begun twice. */
(jobKinds["restart-app"] as { idempotent: boolean }).idempotent = false;

const START = Date.UTC(2026, 10, 21);
const DAY = 86_400_000;
/** After the faults have stopped everything has ended within this time. */
const PATIENCE_MS = 20 * 60_000;

/** Lives one seed: things go wrong for a while, then nothing does any more. Throws a Violation where a guarantee is broken. */
export async function live(
  control: Control,
  seed: number,
  determined: { begin(seed: number, time: VirtualTime): void },
  { trace, long }: { trace?: ((line: string) => void) | undefined; long: boolean },
) {
  const chance = chanceFrom(seed);
  const time = virtualTime();
  determined.begin(seed, time);
  const witness = createWitness();
  const skew = { control: 0, agent: 0 };
  const around: Around = { time, chance, clock: () => START + seed * DAY + time.now() + skew.control, failing: 0, slow: 0.2 };
  await control.begin(around);

  let running: Running | undefined;
  const net = network({ time, chance, trace: (line) => trace?.(`${time.now()} ${line}`) }, () => running?.rooms, control.keys.serverId);
  const server = host({ time, chance, witness, clock: () => START + seed * DAY + time.now() + skew.agent }, net, control.keys);
  const crowd = people({ time, chance, witness }, () => running);

  let controls = 0;
  async function startControl() {
    const mine = ++controls;
    const started = await control.start();
    if (mine !== controls) return started.kill();
    if (!started.begun) {
      started.kill();
      return void time.timer(1_000, () => void (mine === controls && startControl()));
    }
    running = started;
  }
  function killControl() {
    controls++;
    running?.kill();
    running = undefined;
    for (const link of net.links()) link.dead("room", true);
    time.timer(chance.between(50, 8_000), () => void startControl());
  }

  void startControl();
  void server.start();

  const digest = createHash("sha256");
  const happen = faults({ chance, time, net, server, killControl, skew, around, crowd });
  const until = long || seed % 20 === 0 ? chance.between(10_000, 40_000) : chance.between(800, 5_000);
  const plan = () => time.timer(Math.floor(-Math.log(1 - chance.next()) * 600), act);
  function act() {
    if (time.now() >= until) return;
    const what = happen();
    trace?.(`${time.now()} ${what}`);
    digest.update(`${time.now()} ${what}\n`);
    plan();
  }
  plan();

  async function stepOn() {
    if (!time.next()) throw new Violation("Nothing is left to happen");
    // A process may be killed in the midst of anything.
    if (chance.of(0.004) && time.now() < until) {
      await turns(chance.upTo(25));
      const what = chance.weighed({ agent: 2, control: 2, power: 1 });
      trace?.(`${time.now()} kill ${what}`);
      if (what === "control" && running) killControl();
      if (what !== "control") server.die(what === "agent");
    }
    await time.settle();
    if (witness.violations.length > 0) throw new Violation(witness.violations.join("; "));
  }

  while (time.now() < until) await stepOn();
  heal();
  const deadline = time.now() + PATIENCE_MS;
  for (let look = 0; ; look++) {
    for (const later = time.now() + 2_000; time.now() < later;) await stepOn();
    crowd.insist();
    if (look % 4 === 3 && (await allEnded())) break;
    if (trace && time.now() > deadline) {
      for (const [id, job] of witness.jobs)
        trace(
          `${id} ${job.work.kind} ${job.work.lane} starts ${job.starts} ending ${job.ending} said ${job.said
            .slice(-3)
            .map(({ text, safe }) => `${text} ${safe}`)
            .join("; ")}`,
        );
      trace(
        JSON.stringify(
          await control.rows("select id, kind, state, held, cancelAskedAt from jobs where state in ('queued','offered','running')"),
        ),
      );
      trace(JSON.stringify(await control.rows("select * from links")));
      trace(`${net.links().length} links, agent ${server.isUp()}`);
    }
    if (time.now() > deadline) throw new Violation(`After 20 minutes without faults ${await open()} have not ended`);
  }
  await check();
  end();
  return { digest: digest.digest("hex"), jobs: witness.jobs.size, virtualMs: time.now() };

  /** Nothing of this world may reach into the next. */
  function end() {
    controls++;
    running?.kill();
    server.end();
  }

  function heal() {
    trace?.(`${time.now()} no more faults`);
    Object.assign(net.weather, fair());
    net.flow();
    Object.assign(server.faults, { full: false, failing: 0 });
    Object.assign(server.docker.faults, { pull: 0, start: 0, slow: 1 });
    server.docker.server.dockerProblem = undefined;
    around.failing = 0;
    if (!running) void startControl();
    if (!server.isUp()) void server.start();
  }

  async function open() {
    return (await control.rows(`select id, state from jobs where state in ('queued', 'offered', 'running')`))
      .map(({ id, state }) => `${String(id)} (${String(state)})`)
      .join(", ");
  }
  async function allEnded() {
    if (!crowd.satisfied()) return false;
    const untold = (await control.rows("select count(*) as n from jobs where told = 0"))[0]!.n;
    return Number(untold) === 0 && (await open()) === "";
  }

  async function check() {
    const jobs = await control.rows("select id, state, number, lane from jobs order by number");
    const states = new Map(jobs.map(({ id, state }) => [String(id), String(state) as JobState]));
    for (const id of crowd.promised()) {
      const state = states.get(id);
      if (!state) witness.wrong(`${id} was promised and is gone`);
      else if (openStates.includes(state)) witness.wrong(`${id} is ${state}`);
    }
    for (const [id, state] of states) {
      const entries = await control.rows("select at, step, stream, text from entries where jobId = ? order by seq", id);
      witness.checkLog(id, state, entries as unknown as Entry[]);
      witness.checkEnd(id, state);
    }
    for (const { state, live: isLive, id } of await control.rows(
      "select j.state, j.id, (select count(*) from releases r where r.appId = d.appId and r.number = d.release and r.canonical is not null) as live from deployments d join jobs j on j.id = d.jobId",
    ))
      if ((state === "succeeded") !== (Number(isLive) === 1))
        witness.wrong(`${String(id)} is ${String(state)}, and its release is ${Number(isLive) === 1 ? "" : "not "}pinned`);
    for (const violation of await control.violations()) witness.wrong(violation);
    if (witness.violations.length > 0) throw new Violation(witness.violations.join("; "));
  }
}
