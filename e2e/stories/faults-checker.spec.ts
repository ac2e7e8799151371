import type { AppView } from "@appos/shared/apps";
import type { Entry, JobView } from "@appos/shared/jobs";
import { expect, test } from "vitest";
import { check, type Invariant } from "../chaos/checker.ts";
import type { Facts } from "../chaos/facts.ts";
import { frameCutter } from "../chaos/frames.ts";
import type { Line } from "../chaos/ledger.ts";
import { random } from "../chaos/random.ts";

const job = (id: string, state: JobView["state"], more: Partial<JobView> = {}): JobView => ({
  id,
  kind: "deploy-app",
  state,
  serverId: "srv_1",
  serverName: "tokyo",
  appId: "app_1",
  appName: "shop",
  by: "Ada",
  queuedAt: 1,
  startedAt: 2,
  endedAt: 3,
  cancelAskedAt: null,
  error: null,
  logRemovedAt: null,
  ...more,
});
const line = (at: number, id: string, what: Line["what"], outcome?: string, attempt = 1): Line => ({
  at,
  boot: "b",
  pid: 7,
  job: id,
  kind: "deploy-app",
  attempt,
  what,
  ...(outcome !== undefined && { outcome }),
});
const ran = (id: string, from: number, to: number, outcome = "succeeded") => [line(from, id, "start"), line(to, id, "end", outcome)];
const said = (...texts: string[]): Entry[] => texts.map((text, i) => ({ seq: i + 1, at: 1, step: "pull", stream: "stderr", text }));

const service = { service: "web", container: "appos-shop-web-1", image: "web:2", state: "running" as const };
const status = { health: null, exitCode: null, restarts: 0, startedAt: 1, ports: [] };
const view: AppView = {
  id: "app_1",
  name: "shop",
  serverId: "srv_1",
  serverName: "tokyo",
  status: "running",
  services: [{ ...service, ...status }],
  observedAt: 1,
  drift: [],
  liveRelease: 2,
  liveVersion: 2,
  version: 2,
  sharedChanged: false,
  project: null,
  labels: [],
  keepReleases: 10,
  template: null,
  updates: { settings: { mode: "off" }, available: [], checkedAt: null, problem: null, gaveUp: false },
  deploymentId: "dep_2",
  createdAt: 1,
};
const compose = "services:\n  web:\n    image: web:2\n";
const container = { name: "appos-shop-web-1", image: "web:2", state: "running" };

/** Two deployments, one after the other, of which everything is as it should be. */
const well: Facts = {
  jobs: [job("a", "succeeded"), job("b", "succeeded")],
  entries: new Map([["a", said("word-1 of 3", "word-2 of 3", "word-3 of 3")]]),
  deployments: [],
  answered: [{ jobId: "a" }, { jobId: "b", key: "k" }, { jobId: "b", key: "k" }],
  ledger: [...ran("a", 10, 20), ...ran("b", 30, 40)],
  deaths: new Map(),
  apps: [{ view, compose, containers: [container] }],
  programs: [],
  leftovers: [],
};
const app = (changes: Partial<Facts["apps"][number]>) => ({ apps: [{ view, compose, containers: [container], ...changes }] });

test("of a history in which all is well it says nothing", () => expect(check(well)).toEqual([]));

test("what was cut off and begun again, taken over by a newer one or canceled in time is well too", () => {
  const jobs = [job("a", "succeeded"), job("x", "superseded"), job("y", "canceled"), job("b", "succeeded")];
  const ledger = [
    { ...line(10, "a", "start"), pid: 6 },
    line(15, "a", "start", undefined, 2),
    line(20, "a", "end", "succeeded", 2),
    ...ran("b", 30, 40),
  ];
  const again = new Map([["a", said("word-1", "word-2", "word-1", "word-2", "word-3")]]);
  expect(check({ ...well, jobs, ledger, entries: again, deaths: new Map([[6, 14]]) })).toEqual([]);
});

test.each<[string, Invariant, Partial<Facts>]>([
  ["a job that was answered with 2xx is not there", "I-ACK", { answered: [{ jobId: "c" }] }],
  ["one key made two jobs", "I-ACK", { answered: ["a", "b"].map((jobId) => ({ jobId, key: "k" })) }],
  ["an attempt was begun twice", "I-ONCE", { ledger: [...ran("a", 1, 2), ...ran("a", 10, 20), ...ran("b", 30, 40)] }],
  ["a job that succeeded has failed on its server", "I-RESULT", { ledger: [...ran("a", 10, 20, "failed"), ...ran("b", 30, 40)] }],
  ["a superseded job was carried out", "I-RESULT", { jobs: [job("a", "superseded"), job("b", "succeeded")] }],
  ["two jobs of one app ran at once", "I-MUTEX", { ledger: [...ran("a", 10, 31), ...ran("b", 30, 40)] }],
  ["a job overtook an older one", "I-ORDER", { ledger: [...ran("b", 1, 2), ...ran("a", 10, 20)] }],
  ["a container has stopped and is shown as running", "I-TRUTH", app({ containers: [{ ...container, state: "exited" }] })],
  ["a container runs that nobody is shown", "I-TRUTH", app({ containers: [container, { ...container, name: "other" }] })],
  ["another image runs than the live version's", "I-TRUTH", app({ compose: compose.replace("web:2", "web:3") })],
  ["an entry is missing", "I-LOG", { entries: new Map([["a", said("x", "y").slice(1)]]) }],
  ["a line is missing", "I-LOG", { entries: new Map([["a", said("word-1", "word-3")]]) }],
  ["a line was said twice", "I-LOG", { entries: new Map([["a", said("word-1", "word-2", "word-2")]]) }],
  [
    "a program of a canceled job runs on",
    "I-CANCEL",
    { jobs: [job("a", "canceled")], programs: [{ pid: 1, command: "x --project-name=appos-shop up" }] },
  ],
  ["a half-made container was left", "I-LEAK", app({ containers: [{ ...container, name: "0123456789ab_appos-shop-web-1" }] })],
  ["a folder was left", "I-LEAK", { leftovers: ["resolve-x"] }],
  ["a job has not ended", "I-LIVE", { jobs: [job("a", "succeeded"), job("b", "running")] }],
])("it sees that %s", (_, invariant, broken) => {
  expect(check({ ...well, ...broken }).map((violation) => violation.invariant)).toContain(invariant);
});

test("frames are cut where they end, however they arrive, and say what they are through their mask", () => {
  const text = Buffer.from(JSON.stringify({ type: "finished", jobId: "x".repeat(300) }));
  const mask = Buffer.from([1, 2, 3, 4]);
  const head = Buffer.from([0x81, 0x80 | 126, text.length >> 8, text.length & 255]);
  const masked = Buffer.concat([head, mask, text.map((byte, i) => byte ^ mask[i % 4]!)]);
  const plain = Buffer.concat([Buffer.from([0x81, 16]), Buffer.from('{"type":"offer"}')]);
  const binary = Buffer.from([0x82, 3, 1, 2, 3]);
  const all = Buffer.concat([masked, plain, binary]);
  for (const size of [1, 7, all.length]) {
    const cut = frameCutter();
    const frames = Array.from({ length: Math.ceil(all.length / size) }, (_, i) => cut(all.subarray(i * size, (i + 1) * size))).flat();
    expect(frames.map(({ type, bytes }) => [type, bytes.length])).toEqual([
      ["finished", masked.length],
      ["offer", plain.length],
      ["", binary.length],
    ]);
  }
});

test("the same seed brings the same chance, and what branches off draws nothing from it", () => {
  const [one, other] = [random(42), random(42)];
  const first = Array.from({ length: 50 }, () => one.between(1, 6));
  other.branch("x").next();
  expect(Array.from({ length: 50 }, () => other.between(1, 6))).toEqual(first);
  expect(new Set(first)).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  expect(random(1).branch("a").next()).not.toBe(random(1).branch("b").next());
});
