import { expect, test } from "vitest";
import { fakeMachine } from "../machine/fake-machine.ts";
import type { Container } from "../machine/machine.ts";
import { awaitHealth, judge } from "./health.ts";
import type { JobContext } from "./job.ts";

type Is = Partial<Container["status"]> & { restart?: Container["restartPolicy"]; falls?: number; upMs?: number };
const stateOf = ({ restart = "no", falls = 0, upMs = 10_000, ...status }: Is) =>
  judge({ restartPolicy: restart, status: { state: "running", health: null, exitCode: null, ...status } } as Container, falls, upMs).state;

test.each<[string, string, Is]>([
  ["good", "up for a while", {}],
  ["wait", "up for a moment", { upMs: 100 }],
  ["good", "healthy", { health: "healthy", upMs: 1 }],
  ["wait", "being checked", { health: "starting" }],
  ["bad", "found unhealthy", { health: "unhealthy" }],
  ["good", "done, with nothing more to do", { state: "exited", exitCode: 0 }],
  ["good", "done, and restarted on failure only", { state: "exited", exitCode: 0, restart: "on-failure" }],
  ["bad", "ended badly", { state: "exited", exitCode: 1 }],
  ["bad", "ended badly, after all its restarts", { state: "exited", exitCode: 1, restart: "on-failure" }],
  ["wait", "ended, about to be restarted", { state: "exited", exitCode: 1, restart: "always" }],
  ["wait", "being restarted", { state: "restarting", falls: 2, restart: "always" }],
  ["wait", "up for a second after a fall", { upMs: 1_000, falls: 1, restart: "always" }],
  ["good", "up for long after a fall", { upMs: 6_000, falls: 1, restart: "always" }],
  ["bad", "restarted again and again", { state: "restarting", falls: 5, restart: "always" }],
  ["wait", "made, not started", { state: "created" }],
  ["bad", "dead", { state: "dead" }],
  ["bad", "paused", { state: "paused" }],
])("%s: %s", (state, _, is) => {
  expect(stateOf(is)).toBe(state);
});

test.each([-3_600_000, 0, 3_600_000])("whatever is started has to stay up, also when the clock is set by %i ms meanwhile", async (jump) => {
  let elapsed = 0;
  let skew = 0;
  const now = () => Date.UTC(2026, 10, 21) + elapsed + skew;
  const { machine, containers } = fakeMachine("/var/lib/appos", {
    now,
    elapsed: () => elapsed,
    async sleep(ms) {
      elapsed += ms;
      if (elapsed === 150) skew = jump;
      if (elapsed !== 100) return;
      const status = { service: "web", state: "running", health: null, restarts: 0, startedAt: now() };
      containers.push({ id: "1", project: "appos-blog", oneOff: false, restartPolicy: "no", status } as unknown as Container);
    },
  });
  const context = { machine, say: { note: () => {} }, signal: new AbortController().signal } as unknown as JobContext;
  await awaitHealth("appos-blog", new Map([["web", 1]]), context);
  expect(elapsed).toBe(400);
});
