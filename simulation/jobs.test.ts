import { expect, test, vi } from "vitest";
import type { Ending } from "../shared/src/jobs.ts";
import { world } from "./world.ts";

const patience = { timeout: 5_000, interval: 5 };
const done: Ending = { outcome: "succeeded", result: { images: [], canonical: "services: {}", services: [] } };

test("a deploy runs, says what it does, and goes live", async () => {
  const { deploy, connect, running, deployment, log, ask } = await world();
  const { id, jobId } = await deploy("blog");
  connect();
  await vi.waitUntil(() => running.has(jobId), patience);
  running.get(jobId)!.log("pulling");
  running.get(jobId)!.log("starting");
  running.get(jobId)!.end(done);
  await vi.waitUntil(async () => (await deployment(id)).live, patience);
  expect(await log(jobId)).toEqual(["pulling", "starting"]);
  expect((await ask("/apps/blog")).data).toMatchObject({ liveRelease: 1, liveVersion: 1 });
});

test("what a job says comes back as text, whatever it was", async () => {
  const { deploy, connect, running, deployment, log } = await world();
  const { id, jobId } = await deploy("blog");
  connect();
  await vi.waitUntil(() => running.has(jobId), patience);
  for (const text of ["half \ud83d", "a\0b", "whole 😀"]) running.get(jobId)!.log(text);
  running.get(jobId)!.end(done);
  await vi.waitUntil(async () => (await deployment(id)).live, patience);
  expect(await log(jobId)).toEqual(["half \ufffd", "a\ufffdb", "whole 😀"]);
});

test("nothing is asked of an app that is being removed", async () => {
  const { deploy, ask } = await world();
  await deploy("blog");
  expect((await ask("/apps/blog", { method: "DELETE" })).status).toBe(202);
  for (const order of ["deploy", "start", "stop", "restart"]) {
    expect(await ask(`/apps/blog/${order}`, { method: "POST" })).toMatchObject({ status: 409, error: { code: "CONFLICT" } });
  }
});

test("a server that is away gets its jobs when it is back, and a job canceled meanwhile never starts", async () => {
  const { deploy, connect, running, ask, job, starts } = await world();
  const [blog, wiki] = [await deploy("blog"), await deploy("wiki")];
  await ask(`/deployments/${blog.id}/cancel`, { method: "POST" });
  connect();
  await vi.waitUntil(() => running.has(wiki.jobId), patience);
  expect(await job(blog.jobId)).toMatchObject({ state: "canceled" });
  expect(starts.map(({ jobId }) => jobId)).toEqual([wiki.jobId]);
});

test("a job that runs is canceled on its server", async () => {
  const { deploy, connect, running, ask, deployment } = await world();
  const { id, jobId } = await deploy("blog");
  connect();
  await vi.waitUntil(() => running.has(jobId), patience);
  await ask(`/deployments/${id}/cancel`, { method: "POST" });
  await vi.waitUntil(async () => (await deployment(id)).status === "canceled", patience);
  expect(running.size).toBe(0);
});

test("a job goes on while the control plane is dead, and its whole log arrives afterwards", async () => {
  const { deploy, connect, running, restartControlPlane, deployment, log } = await world();
  const { id, jobId } = await deploy("blog");
  connect();
  await vi.waitUntil(() => running.has(jobId), patience);
  const program = running.get(jobId)!;
  program.log("before");
  await vi.waitUntil(async () => (await log(jobId)).length === 1, patience);
  await restartControlPlane();
  for (let line = 1; line <= 3_000; line++) program.log(`meanwhile ${line}`);
  program.end(done);
  connect();
  await vi.waitUntil(async () => (await deployment(id)).live, patience);
  const said = ["before", ...Array.from({ length: 3_000 }, (_, i) => `meanwhile ${i + 1}`)];
  expect(await log(jobId)).toEqual(said.slice(0, 1_000));
});

test("a job cut off by its agent's end is resumed on its next attempt, and its log goes on", async () => {
  const { deploy, connect, running, restartAgent, deployment, log, starts } = await world();
  const { id, jobId } = await deploy("blog");
  connect();
  await vi.waitUntil(() => running.has(jobId), patience);
  running.get(jobId)!.log("first try");
  await vi.waitUntil(async () => (await log(jobId)).length === 1, patience);
  await restartAgent();
  connect();
  await vi.waitUntil(() => running.has(jobId), patience);
  running.get(jobId)!.log("second try");
  running.get(jobId)!.end(done);
  await vi.waitUntil(async () => (await deployment(id)).live, patience);
  expect(await log(jobId)).toEqual(["first try", "second try"]);
  expect(starts).toHaveLength(2);
});

test("when a host has lost its journal, a deploy is offered again", async () => {
  const { deploy, connect, running, restartAgent } = await world();
  const { jobId } = await deploy("blog");
  connect();
  await vi.waitUntil(() => running.has(jobId), patience);
  await restartAgent("journal-2");
  connect();
  await vi.waitUntil(() => running.has(jobId), patience);
});
