import type { AgentFrame } from "@appos/shared/agent-link";
import { HOUR_MS, type UptimeTold } from "@appos/shared/uptime";
import { expect, test, vi } from "vitest";
import { fakeMachine } from "../../machine/fake-machine.ts";
import type { Visit } from "../../machine/machine.ts";
import { keepUptime } from "./keep-uptime.ts";

const MINUTE = 60_000;
const BEGIN = Date.UTC(2026, 10, 22, 12);
const soon = () => new Promise<void>((done) => setTimeout(done, 5));

/** A server whose time goes on when the test says so. */
function world() {
  let now = BEGIN;
  let wakes: { at: number; wake: () => void }[] = [];
  const time = {
    now: () => now,
    elapsed: () => now,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((wake, fail) => {
        wakes.push({ at: now + ms, wake });
        signal?.addEventListener("abort", () => fail(new Error("over")));
      }),
  };
  const server = fakeMachine("/var/lib/appos", time);
  const route = (path: string) => ({ path, app: "blog", service: "web", port: 80 });
  const sites = [
    { name: "blog.test", https: "off", routes: [route("/"), route("/api")] },
    { name: "shop.test", https: "acme", routes: [route("/")] },
  ];
  const model = { driver: "caddy", acme: { directory: "https://acme.test/dir" }, sites };
  server.files.set("/var/lib/appos/proxy/model.json", JSON.stringify(model));
  let down: (visit: Visit) => boolean = () => false;
  server.onVisit = (visit) => ({ status: down(visit) ? 502 : 200, certificate: null });
  async function pass(minutes: number) {
    for (let i = 0; i < minutes; i++) {
      await soon();
      now += MINUTE;
      const due = wakes.filter(({ at }) => at <= now);
      wakes = wakes.filter(({ at }) => at > now);
      for (const { wake } of due) wake();
      await soon();
    }
  }
  const start = () => {
    const stop = new AbortController();
    const uptime = keepUptime(server.machine, stop.signal);
    const heard: UptimeTold[] = [];
    const send = (frame: AgentFrame) => void (frame.type === "uptime" && heard.push(frame));
    return { uptime, heard, send, stop: () => stop.abort() };
  };
  const hours = () => [...server.files.keys()].filter((path) => /uptime\/\d+\.json$/.test(path)).length;
  return { server, pass, start, hours, breaks: (which: typeof down) => void (down = which) };
}

test("each path of each name is asked once a minute, and told in one sum for each hour", async () => {
  const { pass, start, breaks } = world();
  const { uptime, heard, send } = start();
  await pass(2);
  breaks(({ name, path }) => name === "blog.test" && path === "/");
  await pass(1);
  uptime.connected(send);
  await soon();
  expect(heard).toMatchObject([{ hour: BEGIN / HOUR_MS }]);
  expect(heard[0]!.sums.map(({ name, path, asked, answered }) => [name, path, asked, answered])).toEqual([
    ["blog.test", "/", 4, 3],
    ["blog.test", "/api", 4, 4],
    ["shop.test", "/", 4, 4],
  ]);
});

test("what has never answered is not down yet; once it has, it is", async () => {
  const { pass, start, breaks } = world();
  breaks(({ name }) => name === "shop.test");
  const { uptime, heard, send } = start();
  await pass(2);
  breaks(() => false);
  await pass(1);
  breaks(({ name }) => name === "shop.test");
  await pass(1);
  uptime.connected(send);
  await soon();
  expect(heard[0]!.sums.find(({ name }) => name === "shop.test")).toMatchObject({ asked: 2, answered: 1 });
});

test("that a site has come to answer otherwise is said within a minute, and nothing is while all answer as before", async () => {
  const { pass, start, breaks } = world();
  const { uptime, send } = start();
  const otherwise = vi.fn();
  uptime.connected(send, otherwise);
  await pass(3);
  expect(otherwise).not.toHaveBeenCalled();
  breaks(({ name }) => name === "blog.test");
  await pass(1);
  expect(otherwise).toHaveBeenCalledTimes(1);
  await pass(2);
  expect(otherwise).toHaveBeenCalledTimes(1);
});

test("an hour that is over is told until it is thanked for, over links and restarts, and then it is gone", async () => {
  const { pass, start, hours } = world();
  const first = start();
  await pass(62);
  first.stop();
  const { uptime, heard, send } = start();
  await soon();
  uptime.connected(send);
  await soon();
  expect(heard.map(({ hour }) => hour - BEGIN / HOUR_MS)).toEqual([0, 1]);
  expect(heard[0]!.sums[0]).toMatchObject({ asked: 60 });
  uptime.disconnected();
  uptime.connected(send);
  await soon();
  expect(heard).toHaveLength(4);
  // Thanked for over the link before, of which nobody knows what else was lost.
  await uptime.kept(heard[0]!.id);
  expect(hours()).toBe(2);
  for (const { id } of heard.slice(2)) await uptime.kept(id);
  expect(hours()).toBe(1);
});

test("while nobody thanks for them, so many hours are kept and no more", async () => {
  const { server, pass, start, hours } = world();
  for (let hour = 1; hour < 200; hour++) server.files.set(`/var/lib/appos/proxy/uptime/${BEGIN / HOUR_MS - hour}.json`, "[]");
  start();
  await pass(2);
  expect(hours()).toBe(73);
});
