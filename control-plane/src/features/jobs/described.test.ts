import { expect, test } from "vitest";
import { world } from "../../platform/memory/terminal-world.ts";

const jobId = "job_00000000000000000000000001";
const compose = "services:\n  web:\n    image: nginx:1\n";

/** Two servers with an app each; the agent of the first is in the hands of the test. */
async function twoServers() {
  const it = await world();
  const other = await it.admin("/api/v1/servers", { json: { name: "paris-1" } });
  const app = async (name: string, serverId: string): Promise<string> =>
    (await it.admin("/api/v1/apps", { json: { name, serverId, source: { type: "compose", compose } } })).data.app.id;
  const [mine, theirs] = [await app("mine", it.serverId), await app("theirs", other.data.server.id)];
  // Its lane is free.
  const agent = await it.connect();
  await agent.says({ type: "refused", jobId: agent.heard("offer")[0]!["jobId"], error: { code: "INVALID_JOB", message: "No" } });
  await agent.leave();
  const offer = (kind: string, appId: string, name: string, id = jobId) => {
    const input = { appId, name, ...(kind === "remove-app" && { volumes: "keep" }) };
    return { jobId: id, number: 99, by: "ada", kind, lane: `app:${appId}`, input, after: 0, timeLimitMs: 1_000 };
  };
  return { ...it, mine, theirs, offer };
}

test("a job that an agent holds and nobody here knows is asked for, and taken up when it is told of", async () => {
  const { connect, mine, offer, admin } = await twoServers();
  const agent = await connect([jobId]);
  expect(agent.heard("describe")).toMatchObject([{ jobId }]);
  await agent.says({ type: "described", offer: offer("stop-app", mine, "mine") });
  expect(agent.heard("resend")).toMatchObject([{ jobId, after: 0 }]);
  expect((await admin(`/api/v1/jobs/${jobId}`)).data).toMatchObject({ state: "running", appId: mine, appName: "mine", by: "ada" });
  await agent.says({ type: "finished", jobId, outcome: "succeeded", lastSeq: 0, result: { services: [] } });
  expect(agent.heard("forget")).toMatchObject([{ jobId }]);
});

test("what nobody asked for is not taken up, and what was asked for is taken up once", async () => {
  const { connect, mine, offer, admin } = await twoServers();
  const agent = await connect([jobId]);
  const another = "job_00000000000000000000000002";
  await agent.says({ type: "described", offer: offer("stop-app", mine, "mine", another) });
  expect((await admin(`/api/v1/jobs/${another}`)).status).toBe(404);
  for (const _ of "twice") await agent.says({ type: "described", offer: offer("stop-app", mine, "mine") });
  expect(agent.heard("resend")).toHaveLength(1);
});

test("a server speaks of its own apps only: a job that it tells of changes nothing about an app of another", async () => {
  const { connect, theirs, offer, admin } = await twoServers();
  const before = (await admin("/api/v1/apps/theirs")).data;
  const agent = await connect([jobId]);
  await agent.says({ type: "described", offer: offer("remove-app", theirs, "theirs") });
  await agent.says({ type: "finished", jobId, outcome: "succeeded", lastSeq: 0, result: { keptVolumes: [] } });
  expect(agent.heard("forget")).toMatchObject([{ jobId }]);
  expect((await admin("/api/v1/apps/theirs")).data).toEqual(before);
  expect((await admin(`/api/v1/jobs/${jobId}`)).data).toMatchObject({ appId: null, state: "succeeded" });
});
