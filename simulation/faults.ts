import type { Chance } from "./chance.ts";
import type { Around } from "./control.ts";
import type { host } from "./host.ts";
import type { network } from "./network.ts";
import type { people } from "./people.ts";
import type { VirtualTime } from "./time.ts";

const DAY = 86_400_000;

interface Stage {
  chance: Chance;
  time: VirtualTime;
  net: ReturnType<typeof network>;
  server: ReturnType<typeof host>;
  killControl(): void;
  skew: { control: number; agent: number };
  around: Around;
  crowd: ReturnType<typeof people>;
}

/** Everything that may happen, each as often as its weight says. */
export function faults({ chance, time, net, server, killControl, skew, around, crowd }: Stage): () => string {
  const links = () => net.links();
  const forAWhile = (begin: () => void, end: () => void, longest = 60_000) => {
    begin();
    time.timer(chance.between(200, longest), end);
  };
  const happenings = {
    ask: { weight: 30, happen: () => crowd.ask() },
    cancel: { weight: 8, happen: () => crowd.cancel() },
    cut: { weight: 3, happen: () => links().forEach((link) => link.closeAt("agent", "cut")) },
    hangUp: { weight: 4, happen: () => links().forEach((link) => link.closeAt("agent", "hung up", false)) },
    drop: { weight: 3, happen: () => links().forEach((link) => link.closeAt("room", "dropped", chance.of(0.5))) },
    partition: {
      weight: 3,
      happen() {
        const ends = chance.pick([["room"], ["agent"], ["room", "agent"]] as const);
        forAWhile(
          () => ends.forEach((end) => (net.weather.blocked[end] = true)),
          () => {
            ends.forEach((end) => (net.weather.blocked[end] = false));
            net.flow();
          },
          120_000,
        );
      },
    },
    slowNetwork: {
      weight: 2,
      happen: () =>
        forAWhile(
          () => (net.weather.latencyMs = 3_000),
          () => (net.weather.latencyMs = 20),
        ),
    },
    twice: {
      weight: 5,
      happen: () =>
        forAWhile(
          () => (net.weather.twice = 0.3),
          () => (net.weather.twice = 0),
        ),
    },
    never: {
      weight: 4,
      happen: () =>
        forAWhile(
          () => (net.weather.never = 0.1),
          () => (net.weather.never = 0),
          10_000,
        ),
    },
    killAgent: { weight: 4, happen: () => server.die(true) },
    cutPower: { weight: 3, happen: () => server.die(false) },
    killControl: { weight: 4, happen: killControl },
    fullDisk: {
      weight: 3,
      happen: () =>
        forAWhile(
          () => (server.faults.full = true),
          () => (server.faults.full = false),
        ),
    },
    brokenDisk: {
      weight: 1,
      happen: () =>
        forAWhile(
          () => (server.faults.failing = 0.1),
          () => (server.faults.failing = 0),
          5_000,
        ),
    },
    loseJournal: { weight: 1.5, happen: () => server.loseJournal() },
    database: {
      weight: 5,
      happen: () =>
        forAWhile(
          () => (around.failing = 0.1),
          () => (around.failing = 0),
          10_000,
        ),
    },
    slowDatabase: {
      weight: 1,
      happen: () =>
        forAWhile(
          () => (around.slow = 1),
          () => (around.slow = 0.2),
        ),
    },
    docker: {
      weight: 2,
      happen: () =>
        forAWhile(
          () => (server.docker.server.dockerProblem = "Docker does not answer"),
          () => (server.docker.server.dockerProblem = undefined),
          30_000,
        ),
    },
    badImages: {
      weight: 2,
      happen: () =>
        forAWhile(
          () => (server.docker.faults.pull = 0.5),
          () => (server.docker.faults.pull = 0),
        ),
    },
    badStarts: {
      weight: 2,
      happen: () =>
        forAWhile(
          () => (server.docker.faults.start = 0.5),
          () => (server.docker.faults.start = 0),
        ),
    },
    slowDocker: {
      weight: 1,
      happen: () =>
        forAWhile(
          () => (server.docker.faults.slow = 20),
          () => (server.docker.faults.slow = 1),
        ),
    },
    clock: {
      weight: 1,
      happen: () => void (skew[chance.pick(["control", "agent"] as const)] = chance.pick([-1, 1]) * chance.upTo(10 * 365 * DAY)),
    },
  };
  // Each world has its own weather: some faults often in it, some never. Worlds that have everything at once see less.
  const weights = Object.fromEntries(
    Object.entries(happenings).map(([name, { weight }]) => [name, weight * (name === "ask" ? 1 : chance.pick([0, 0, 0.5, 1, 3, 10]))]),
  ) as Record<keyof typeof happenings, number>;
  return () => {
    const what = chance.weighed(weights);
    happenings[what].happen();
    return what;
  };
}
