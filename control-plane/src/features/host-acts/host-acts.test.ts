import type { HostAct } from "@appos/shared/host-acts";
import { expect, test } from "vitest";
import { setUp } from "../../platform/memory/tester.ts";

/** A server with the app blog, of which releases 1 and 2 were deployed, by jobs 1 and 2. */
async function world() {
  const it = await setUp();
  const { data } = await it.admin("/api/v1/servers", { json: { name: "tokyo-1" } });
  const serverId = data.server.id as string;
  const { jobs, hostActs, servers } = it.services;
  const link = { serverId, epoch: await jobs.openLink(serverId), lanes: 3 };
  await jobs.agree(link, { journal: "j", jobs: [], seen: null, lanes: 3 });
  await servers.connected(serverId, null);

  /** What the agent says of a job it was offered: that it has it, and later that it is done. */
  async function begin(jobId: string) {
    await jobs.pending(link, new Map());
    await jobs.accept(link, jobId);
    return async () => {
      await jobs.finish(link, jobId, { outcome: "succeeded", result: { images: [], canonical: "", services: [] }, lastSeq: 0 });
      await jobs.tellEnds(serverId);
    };
  }
  async function deploy() {
    const { data } = await it.admin("/api/v1/apps/blog/deploy", { method: "POST" });
    return begin(data.deployment.jobId);
  }
  /** One that is over, of which nobody was told yet. */
  async function deployEnded() {
    const { data } = await it.admin("/api/v1/apps/blog/deploy", { method: "POST" });
    await jobs.pending(link, new Map());
    await jobs.accept(link, data.deployment.jobId);
    const result = { images: [], canonical: "", services: [] };
    await jobs.finish(link, data.deployment.jobId, { outcome: "succeeded", result, lastSeq: 0 });
  }
  const created = await it.admin("/api/v1/apps", {
    json: { name: "blog", source: { type: "compose", compose: "services: {web: {image: x}}" } },
  });
  await (
    await begin(created.data.deployment.jobId)
  )();
  await (
    await deploy()
  )();
  const appId = created.data.app.id as string;
  const act = (more: Partial<HostAct>): HostAct => ({
    id: "hact_1",
    kind: "rollback-app",
    appId,
    name: "blog",
    endedMsAgo: 60_000,
    outcome: "succeeded",
    error: null,
    afterJob: 2,
    release: 1,
    ...more,
  });
  const tell = (...acts: HostAct[]) => hostActs.keep(serverId, acts);
  const app = async () => (await it.admin("/api/v1/apps/blog")).data;
  const activity = async () =>
    (await it.admin("/api/v1/activity")).data.items as { by: string; action: string; subject: string; at: number }[];
  return { ...it, serverId, appId, act, tell, app, activity, deploy, deployEnded };
}

test("an act told again, with others or alone, is written down once", async () => {
  const { tell, act, activity } = await world();
  expect(await tell(act({}))).toEqual(["hact_1"]);
  expect(await tell(act({}), act({ id: "hact_2", kind: "stop-app" }))).toEqual(["hact_1", "hact_2"]);
  await tell(act({ id: "hact_2", kind: "stop-app" }));
  expect((await activity()).filter(({ action }) => action.startsWith("host-"))).toHaveLength(2);
});

test("who did it, what, to what and when are in the activity", async () => {
  const { tell, act, activity, platform, appId, serverId } = await world();
  await tell(act({}));
  expect((await activity())[0]).toMatchObject({
    by: "root on tokyo-1",
    action: "host-rollback-app",
    subject: "blog to release 1",
    appId,
    serverId,
    at: platform.now() - 60_000,
  });
});

test("after a rollback on the server the app says which release is live, of which version and deployment", async () => {
  const { tell, act, app, admin } = await world();
  expect(await app()).toMatchObject({ liveRelease: 2 });
  await tell(act({}));
  expect(await app()).toMatchObject({ liveRelease: 1, liveVersion: 1 });
  const live = (await admin("/api/v1/deployments")).data.items.filter((each: { live: boolean }) => each.live);
  expect(live).toMatchObject([{ release: 1 }]);
});

test("what was stopped on the server was stopped as asked", async () => {
  const { tell, act, app } = await world();
  expect((await app()).status).toBe("down");
  await tell(act({ kind: "stop-app", release: 2 }));
  expect((await app()).status).toBe("stopped");
  await tell(act({ id: "hact_2", kind: "start-app", release: 2 }));
  expect((await app()).status).toBe("down");
});

test("an act that failed changes nothing but what is live, and is told as such", async () => {
  const { tell, act, app, activity } = await world();
  await tell(act({ kind: "stop-app", outcome: "failed", release: 2, error: { code: "COMMAND_FAILED", message: "x" } }));
  expect((await app()).status).toBe("down");
  expect((await activity())[0]).toMatchObject({ action: "host-stop-app-failed", subject: "blog" });
  await tell(act({ id: "hact_3", outcome: "interrupted", release: 1 }));
  expect(await app()).toMatchObject({ liveRelease: 1 });
});

test("an act told late does not take the place of a deploy that came after it", async () => {
  const { tell, act, app, deploy, activity } = await world();
  await (
    await deploy()
  )();
  await tell(act({ afterJob: 2, release: 1 }));
  expect(await app()).toMatchObject({ liveRelease: 3 });
  expect((await activity())[0]).toMatchObject({ action: "host-rollback-app" });
});

test("nor does a deploy told late take the place of an act that came after it", async () => {
  const { tell, act, app, deploy } = await world();
  const finish = await deploy();
  await tell(act({ afterJob: 3, release: 1 }));
  await finish();
  expect(await app()).toMatchObject({ liveRelease: 1 });
  await (
    await deploy()
  )();
  expect(await app()).toMatchObject({ liveRelease: 4 });
});

test("an act from before a restored database's jobs leaves it able to go on", async () => {
  const { tell, act, app, deploy } = await world();
  await tell(act({ afterJob: 900, release: 1 }));
  expect(await app()).toMatchObject({ liveRelease: 1 });
  await (
    await deploy()
  )();
  expect(await app()).toMatchObject({ liveRelease: 3 });
});

test("an act of a server that knows of no job any more came after all that had ended", async () => {
  const { tell, act, app, deploy } = await world();
  const finish = await deploy();
  await tell(act({ afterJob: null, release: 1 }));
  expect(await app()).toMatchObject({ liveRelease: 1, liveVersion: 1 });
  await finish();
  expect(await app()).toMatchObject({ liveRelease: 3 });
  await tell(act({ id: "hact_2", kind: "stop-app", afterJob: null, release: 3 }));
  expect((await app()).status).toBe("stopped");
});

test("so does that of an older agent, which says 0 for none", async () => {
  const { tell, act, app } = await world();
  await tell(act({ afterJob: 0, release: 1 }));
  expect(await app()).toMatchObject({ liveRelease: 1 });
});

test("an end that was not told to everybody yet does not take the place of an act that came after it", async () => {
  const { tell, act, app, services, platform, deployEnded } = await world();
  await deployEnded();
  await tell(act({ afterJob: null, release: 2 }));
  await services.jobs.tellEnds((await app()).serverId);
  expect(await app()).toMatchObject({ liveRelease: 2 });
  expect(platform.faults).toEqual([]);
});

test("when it was is told by this clock, whatever its server's says", async () => {
  const { tell, act, activity, platform, services, serverId } = await world();
  const DAY = 24 * 3_600_000;
  const at = async () => (await activity())[0]!.at - platform.now();
  await tell(act({ endedMsAgo: 20_000 * DAY }));
  expect(await at()).toBe(-30 * DAY);
  await services.servers.disconnected(serverId, "The connection broke off.");
  platform.advance(60_000);
  await services.servers.tellTime();
  platform.advance(5 * DAY);
  await services.servers.connected(serverId, null);
  await tell(act({ id: "hact_2", endedMsAgo: 20_000 * DAY }));
  expect(await at()).toBe(-5 * DAY - 60_000);
  await tell(act({ id: "hact_3", endedMsAgo: 2 * DAY }));
  expect(await at()).toBe(-2 * DAY);
});

test("a server tells of its own apps only", async () => {
  const { act, app, services, admin, activity } = await world();
  const other = (await admin("/api/v1/servers", { json: { name: "tokyo-2" } })).data.server.id;
  await services.hostActs.keep(other, [act({ kind: "stop-app" })]);
  expect(await app()).toMatchObject({ liveRelease: 2, status: "down" });
  expect((await activity())[0]).toMatchObject({ by: "root on tokyo-2", appId: null, serverId: other });
});
