import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import type { AgentFrame } from "@appos/shared/agent-link";
import { fakeMachine } from "../machine/fake-machine.ts";
import { newContainer } from "../machine/fake-compose.ts";
import { framesOf, sitesNews } from "./news.ts";

const state = (i: number) => ({
  name: `a${i}.test`,
  certificate: { issuer: "x".repeat(500), names: [`a${i}.test`], notBefore: 1, notAfter: 2 },
  certificateProblem: null,
  status: 200,
});
type Sites = Extract<AgentFrame, { type: "sites" }>;

test("what has not room in one frame comes in several, and none of them claims to be all", () => {
  expect(framesOf([state(1)])).toEqual([{ type: "sites", sites: [state(1)], whole: true }]);
  const many = Array.from({ length: 1_000 }, (_, i) => state(i));
  const frames = framesOf(many) as Sites[];
  expect(frames.flatMap(({ sites }) => sites)).toEqual(many);
  for (const frame of frames) {
    expect(frame.whole).toBe(false);
    expect(JSON.stringify(frame).length).toBeLessThan(256 * 1024);
  }
});

test("a server says first of all what it serves, also that it is nothing, and that its proxy is gone", async () => {
  const { machine: still, files } = fakeMachine();
  const machine = { ...still, sleep: (_: number, signal?: AbortSignal) => sleep(5, undefined, { signal }) };
  const over = new AbortController();
  const told: AgentFrame[] = [];
  const news = sitesNews(machine, (frame) => void told.push(frame), over.signal);
  news.begin();
  await vi.waitFor(() => expect(told).toEqual([{ type: "sites", sites: [], whole: true }]));
  const site = { name: "a.test", https: "off", routes: [{ app: "blog", service: "web", port: 80 }] };
  files.set(`${machine.folder}/proxy/model.json`, JSON.stringify({ acme: { directory: "https://acme.test/dir" }, sites: [site] }));
  news.changed();
  await vi.waitFor(() => expect(told).toHaveLength(2));
  expect(told[1]).toMatchObject({ sites: [{ name: "a.test", status: null, certificateProblem: expect.stringContaining("not running") }] });
  over.abort();
});

test("an app that does not answer yet is looked at again soon, and what a job has done at once", async () => {
  const server = fakeMachine();
  const slept: number[] = [];
  const over = new AbortController();
  const wakes: (() => void)[] = [];
  const nap = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((wake) => {
      slept.push(ms);
      wakes.push(wake);
      signal?.addEventListener("abort", () => wake());
    });
  const machine = { ...server.machine, sleep: nap };
  const site = { name: "a.test", https: "off", routes: [{ app: "blog", service: "web", port: 80 }] };
  server.files.set(`${machine.folder}/proxy/model.json`, JSON.stringify({ acme: { directory: "https://acme.test/dir" }, sites: [site] }));
  const proxy = newContainer("proxy", "appos_proxy", "proxy", { image: "caddy:2" });
  proxy.status.state = "running";
  server.containers.push(proxy);
  let answers = 502;
  server.onVisit = () => ({ status: answers, certificate: null });
  const told: AgentFrame[] = [];
  const news = sitesNews(machine, (frame) => void told.push(frame), over.signal);
  news.begin();
  await vi.waitFor(() => expect(slept).toEqual([1_000]));
  wakes[0]!();
  await vi.waitFor(() => expect(slept).toEqual([1_000, 2_000]));
  answers = 200;
  news.changed();
  await vi.waitFor(() => expect(slept).toEqual([1_000, 2_000, 600_000]));
  expect(told.flatMap((frame) => (frame as Sites).sites.map((each) => each.status))).toEqual([502, 200]);
  over.abort();
});
