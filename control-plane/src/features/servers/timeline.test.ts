import { expect, test } from "vitest";
import type { TimelineView } from "@appos/shared/servers";
import { memoryPlatform } from "../../platform/memory/platform.ts";
import { setUp } from "../../platform/memory/tester.ts";

const SECOND = 1_000;
const run = { life: "agent-1", boot: "boot-1", last: null };

async function world() {
  const it = await setUp();
  const { data } = await it.admin("/api/v1/servers", { json: { name: "tokyo-1" } });
  const id: string = data.server.id;
  let controlPlane = { services: it.services, kill: it.kill };
  const said: string[] = [];
  const listen = () => controlPlane.services.events.subscribe(undefined, (signal) => void (signal !== "reset" && said.push(signal.type)));
  listen();
  return {
    ...it,
    id,
    said,
    servers: () => controlPlane.services.servers,
    view: async () => controlPlane.services.servers.view(id),
    timeline: async () => (await it.admin("/api/v1/servers/tokyo-1/timeline")).data.items as TimelineView[],
    async pass(ms: number) {
      it.platform.advance(ms);
      await controlPlane.services.servers.tellTime();
    },
    async restart() {
      controlPlane.kill();
      controlPlane = it.platform.start();
      listen();
      await controlPlane.services.servers.allDisconnected();
    },
    /** As the room would ask, of the control plane that runs now. */
    lines: async () =>
      (await controlPlane.services.servers.timeline(id, { page: 1, pageSize: 50 })).items.map(({ what }) => what).toReversed(),
  };
}

test("nobody reads a timeline who is not signed in, and a server that is not there has none", async () => {
  const { nobody, admin, viewer, id } = await world();
  expect((await nobody(`/api/v1/servers/${id}/timeline`)).status).toBe(401);
  expect((await admin("/api/v1/servers/nowhere/timeline")).status).toBe(404);
  expect((await (await viewer())(`/api/v1/servers/${id}/timeline`)).status).toBe(200);
});

test("what an older link says of itself changes nothing, whichever process it was open to", async () => {
  const { servers, platform, services, id, view, lines } = await world();
  const [old, newest] = [await services.jobs.openLink(id), await services.jobs.openLink(id)];
  const proof = { journal: "j", jobs: [], seen: null, lanes: 3 };
  await services.jobs.agree({ serverId: id, epoch: newest, lanes: 3 }, proof);
  const other = platform.start().services.servers;
  await servers().connected(id, null, newest);
  await other.disconnected(id, "The connection broke off.", old);
  expect(await view()).toMatchObject({ presence: "up", linked: true });
  await other.disconnected(id, "The connection broke off.", newest);
  await servers().connected(id, null, old);
  expect(await view()).toMatchObject({ linked: false });
  expect(await lines()).toEqual(["connected"]);
});

test("what several processes tell of a server at once is told once, and nothing of it is lost", async () => {
  const { servers, platform, id, view, lines } = await world();
  const other = platform.start().services.servers;
  await servers().connected(id, null);
  await servers().disconnected(id, "The connection broke off.");
  platform.advance(20 * SECOND);
  await Promise.all([servers().tellTime(), other.tellTime(), servers().tellTime(), other.tellTime()]);
  expect(await lines()).toEqual(["connected", "lost"]);
  platform.advance(3_600 * SECOND);
  await Promise.all([other.tellTime(), servers().connected(id, null), other.tellTime()]);
  expect(await view()).toMatchObject({ presence: "up", linked: true });
  expect(await lines()).toEqual(["connected", "lost", "connected"]);
});

test("a loss is told with its reason from both ends and how long it lasted", async () => {
  const { timeline, servers, pass, id } = await world();
  await servers().connected(id, "203.0.113.7");
  await servers().reported(id, run);
  await pass(3_600 * SECOND);
  await servers().disconnected(id, "Nothing was heard from the agent for 75 seconds.");
  await pass(20 * SECOND);
  await servers().connected(id, "203.0.113.8");
  await servers().reported(id, { ...run, last: { why: "read ECONNRESET", sinceMs: 90_000, attempts: 3 } });
  expect(await timeline()).toMatchObject([
    { what: "connected", address: "203.0.113.8", lastedMs: null },
    { what: "lost", why: "Nothing was heard from the agent for 75 seconds.", agentWhy: "read ECONNRESET", lastedMs: 20_000 },
    { what: "connected", address: "203.0.113.7", lastedMs: 3_600_000, agentWhy: null },
  ]);
});

test("a short loss is counted and no news; nobody is told of it", async () => {
  const { timeline, servers, pass, id, said } = await world();
  await servers().connected(id, null);
  said.length = 0;
  for (let i = 0; i < 3; i++) {
    await servers().disconnected(id, "The connection broke off.");
    await pass(4 * SECOND);
    await servers().connected(id, null);
  }
  expect(said).toEqual([]);
  await servers().reported(id, { ...run, last: { why: "read ECONNRESET", sinceMs: 4_000, attempts: 0 } });
  expect(await timeline()).toMatchObject([{ what: "connected", shortLosses: 3, agentWhy: "read ECONNRESET", lastedMs: null }]);
});

test("whoever watches is told when a server is away, when it is lost and when it is back", async () => {
  const { servers, pass, id, said } = await world();
  await servers().connected(id, null);
  said.length = 0;
  await servers().disconnected(id, "The connection broke off.");
  for (let i = 0; i < 200; i++) await pass(2 * SECOND);
  expect(said).toEqual(["server.changed", "server.changed"]);
  await servers().connected(id, null);
  expect(said).toHaveLength(3);
});

test("an agent, or a host, that was started again is told as such", async () => {
  const { lines, servers, id } = await world();
  await servers().connected(id, null);
  await servers().reported(id, run);
  await servers().reported(id, run);
  await servers().reported(id, { ...run, life: "agent-2" });
  await servers().reported(id, { life: "agent-3", boot: "boot-2", last: null });
  expect(await lines()).toEqual(["connected", "agent-restarted", "host-restarted"]);
});

test("a control plane that was started again is told once, and whoever is back within a minute was never away", async () => {
  const { lines, servers, restart, pass, view, id } = await world();
  await servers().connected(id, null);
  const { since } = await view();
  await restart();
  await restart();
  await pass(30 * SECOND);
  expect(await view()).toMatchObject({ presence: "up", since, linked: false });
  await servers().connected(id, null);
  await pass(60 * SECOND);
  expect(await view()).toMatchObject({ presence: "up", since, linked: true });
  expect(await lines()).toEqual(["connected", "control-plane-restarted", "connected"]);
});

test("what is left when the control plane stops is no server's loss", async () => {
  const { lines, servers, restart, id } = await world();
  await servers().connected(id, null);
  servers().freeze();
  await servers().disconnected(id, "The control plane stops.");
  await restart();
  expect(await lines()).toEqual(["connected", "control-plane-restarted"]);
});

test("enrolling is a part of the story", async () => {
  const { nobody, admin, timeline, id } = await world();
  const { data } = await admin(`/api/v1/servers/${id}/enrollment`, { method: "POST" });
  await nobody("/api/v1/agent/enroll", { json: { token: data.token, publicKey: "A".repeat(43) } });
  expect(await timeline()).toMatchObject([{ what: "enrolled", address: "192.0.2.1", lastedMs: null }]);
});

test("a timeline does not grow for ever", async () => {
  const { servers, id } = await world();
  for (let i = 0; i < 1_010; i++) await servers().reported(id, { ...run, life: `agent-${i}` });
  await servers().trimTimelines();
  const { pagination, items } = await servers().timeline(id, { page: 1, pageSize: 1 });
  expect(pagination.total).toBe(1_000);
  expect(items[0]!.what).toBe("agent-restarted");
});

test("facts that are the same again are written once and told once", async () => {
  const { servers, id, said } = await world();
  const facts = {
    hostname: "tokyo-1",
    os: "Debian 12",
    kernel: "6.1",
    arch: "x64",
    cpus: 2,
    memoryBytes: 1,
    agentVersion: "0",
    dockerVersion: "29",
    composeVersion: "2",
    dockerProblem: null,
    policy: null,
    policyProblem: null,
  };
  said.length = 0;
  await servers().said(id, facts);
  await servers().said(id, facts);
  expect(said).toEqual(["server.changed"]);
  await servers().said(id, { ...facts, dockerProblem: "Docker does not answer." });
  expect(said).toHaveLength(2);
});

test("metrics count servers by presence, links lost and jobs by state", async () => {
  const { admin, servers, pass, id } = await world();
  await servers().connected(id, null);
  await servers().disconnected(id, "The connection broke off.");
  await pass(10 * SECOND);
  const { message } = await admin("/metrics");
  expect(message).toContain('appos_servers_by_presence{presence="away"} 1');
  expect(message).toContain("# TYPE appos_server_link_losses_total counter\nappos_server_link_losses_total 1");
  expect(message).toContain('appos_jobs_open_by_state{state="running"} 0');
});

test("a loss that could not be written is written as soon as that works again, unless the server is back", async () => {
  let broken = false;
  const platform = await memoryPlatform(undefined, {
    now: () => time,
    query: (ask) => (broken ? Promise.reject(new Error("The disk is full")) : ask()),
  });
  let time = 1_000_000;
  const { servers } = platform.start().services;
  const url = "https://appos.example.org";
  const [oslo, rome] = [
    (await servers.add({ name: "oslo" }, url, null)).server.id,
    (await servers.add({ name: "rome" }, url, null)).server.id,
  ];
  for (const id of [oslo, rome]) await servers.connected(id, null);
  broken = true;
  for (const id of [oslo, rome]) await expect(servers.disconnected(id, "The connection broke off.")).rejects.toThrow();
  await expect(servers.tellTime()).rejects.toThrow();
  broken = false;
  await servers.connected(rome, null);
  await servers.tellTime();
  time += 10_000;
  await servers.tellTime();
  expect([(await servers.view(oslo)).presence, (await servers.view(rome)).presence]).toEqual(["away", "up"]);
});

test("that a key is used twice is said once in ten minutes, also by a control plane that has forgotten it", async () => {
  const { id, servers, restart, pass, lines } = await world();
  const copied = async () => (await lines()).filter((what) => what === "copied").length;
  await servers().copied(id, null);
  await servers().copied(id, null);
  await restart();
  await servers().copied(id, null);
  expect(await copied()).toBe(1);
  await pass(601 * SECOND);
  await servers().copied(id, null);
  expect(await copied()).toBe(2);
});
