import { lt } from "drizzle-orm";
import { expect, test } from "vitest";
import type { JobState } from "@appos/shared/jobs";
import { setUp } from "../../platform/memory/tester.ts";
import type { Retention } from "../../ports.ts";
import { apps } from "../apps/schema.ts";
import { deployments, releases } from "../deployments/schema.ts";
import { entries, jobs } from "./schema.ts";

const DAY = 24 * 3_600_000;
const generous: Retention = { jobDays: 365, logDays: 90, logBytes: 2 ** 31 };

interface Past {
  id: string;
  appId?: string;
  state?: JobState;
  /** How long ago it ended. */
  daysAgo?: number;
  /** How many entries of ten bytes it has. */
  said?: number;
  weighed?: boolean;
}

/** A control plane with a past that a test writes. */
async function world(retention = generous) {
  const it = await setUp(retention);
  const { data } = await it.admin("/api/v1/servers", { json: { name: "tokyo-1" } });
  const serverId: string = data.server.id;
  const { database, now } = it.platform;
  let release = 0;

  async function job({ id, appId = undefined, state = "succeeded", daysAgo = 0, said = 1, weighed = true }: Past) {
    const endedAt = state === "running" || state === "queued" ? null : now() - daysAgo * DAY;
    const row = {
      id,
      serverId,
      kind: appId ? "deploy-app" : "stop-app",
      lane: `lane:${id}`,
      input: "",
      state,
      held: said,
      fingerprint: "",
    } as const;
    const logBytes = weighed ? said * 10 : null;
    await database.insert(jobs).values({ ...row, logBytes, queuedAt: endedAt ?? now(), endedAt, told: endedAt !== null });
    const texts = Array.from({ length: said }, (_, i) => ({
      jobId: id,
      seq: i + 1,
      at: 1,
      step: "start",
      stream: "stdout" as const,
      text: "0123456789",
    }));
    if (said > 0) await database.insert(entries).values(texts);
    if (appId === undefined) return;
    await database.insert(releases).values({ appId, number: ++release, version: 1, createdAt: 1 });
    await database.insert(deployments).values({ id: `dep_${id}`, appId, release, version: 1, jobId: id });
  }
  const app = (id: string, liveDeploymentId: string | null = null, removedAt: number | null = null) =>
    database.insert(apps).values({ id, name: id.replace("_", "-"), serverId, createdAt: 1, version: 1, liveDeploymentId, removedAt });

  return {
    ...it,
    app,
    job,
    tidy: () => it.services.jobs.tidy(),
    view: async (id: string) => (await it.admin(`/api/v1/jobs/${id}`)).data,
    log: async (id: string) => (await it.admin(`/api/v1/jobs/${id}/entries`)).data?.items.length as number | undefined,
    there: async () => (await database.select({ id: jobs.id }).from(jobs).orderBy(jobs.number)).map(({ id }) => id),
    kept: async () => (await database.selectDistinct({ id: entries.jobId }).from(entries).orderBy(entries.jobId)).map(({ id }) => id),
  };
}

test("a log goes after ninety days, and its job says since when", async () => {
  const { job, tidy, view, log, kept, platform } = await world();
  await job({ id: "job_old", daysAgo: 91, said: 450 });
  await job({ id: "job_new", daysAgo: 89 });
  await tidy();
  expect(await kept()).toEqual(["job_new"]);
  expect(await view("job_old")).toMatchObject({ state: "succeeded", logRemovedAt: platform.now() });
  expect(await view("job_new")).toMatchObject({ logRemovedAt: null });
  expect(await log("job_old")).toBe(0);
});

test("a job goes after a year, with its deployment, once everybody has heard of its end", async () => {
  const { job, app, tidy, there, platform, admin } = await world();
  await app("app_gone", null, 1);
  await job({ id: "job_a", daysAgo: 366, appId: "app_gone" });
  await job({ id: "job_b", daysAgo: 366, said: 0 });
  await job({ id: "job_c", daysAgo: 364 });
  await job({ id: "job_d", daysAgo: 400 });
  await platform.database.update(jobs).set({ told: false });
  await tidy();
  expect(await there()).toHaveLength(4);
  await platform.database.update(jobs).set({ told: true });
  await tidy();
  await tidy();
  expect(await there()).toEqual(["job_c"]);
  expect((await admin("/api/v1/deployments")).data.items).toEqual([]);
});

test("nothing of a job that has not ended ever goes", async () => {
  const { job, tidy, platform, kept, there } = await world({ ...generous, logBytes: 1 });
  await job({ id: "job_running", state: "running" });
  await job({ id: "job_queued", state: "queued", said: 0 });
  await tidy();
  platform.advance(10_000 * DAY);
  await tidy();
  expect([await kept(), await there()]).toEqual([["job_running"], ["job_running", "job_queued"]]);
});

test("of too much, the oldest goes first, and no more of it than must", async () => {
  const { job, tidy, kept } = await world({ ...generous, logBytes: 55 });
  for (let i = 1; i <= 9; i++) await job({ id: `job_${i}`, daysAgo: 10 - i, said: i === 3 ? 2 : 1 });
  await tidy();
  expect(await kept()).toEqual(["job_5", "job_6", "job_7", "job_8", "job_9"]);
  await job({ id: "job_open", state: "running", said: 100 });
  await tidy();
  expect(await kept()).toHaveLength(6);
});

test("the logs of an app's live deployment and of its last ten stay, however old and however much", async () => {
  const { job, app, tidy, kept, there } = await world({ jobDays: 365, logDays: 1, logBytes: 1 });
  await app("app_blog", "dep_job_01");
  await app("app_gone", "dep_job_gone", 1);
  for (let i = 1; i <= 13; i++) await job({ id: `job_${String(i).padStart(2, "0")}`, appId: "app_blog", daysAgo: 1_000 - i });
  await job({ id: "job_gone", appId: "app_gone", daysAgo: 2 });
  await tidy();
  await tidy();
  const stay = ["job_01", ...Array.from({ length: 10 }, (_, i) => `job_${String(i + 4).padStart(2, "0")}`)];
  expect(await kept()).toEqual(stay);
  expect(await there()).toEqual([...stay, "job_gone"]);
});

test("logs that stay in any case push out no others", async () => {
  const { job, app, tidy, kept } = await world({ ...generous, logBytes: 45 });
  await app("app_blog", "dep_job_live");
  await job({ id: "job_live", appId: "app_blog", daysAgo: 10, said: 50 });
  for (let i = 1; i <= 4; i++) await job({ id: `job_${i}`, daysAgo: 9 - i });
  await tidy();
  expect(await kept()).toEqual(["job_1", "job_2", "job_3", "job_4", "job_live"]);
  await job({ id: "job_5", daysAgo: 1 });
  await tidy();
  expect(await kept()).toEqual(["job_2", "job_3", "job_4", "job_5", "job_live"]);
});

test("what ended within the last hour stays, however much it is", async () => {
  const { job, tidy, kept, platform } = await world({ ...generous, logBytes: 1 });
  await job({ id: "job_ahead", daysAgo: -100 });
  await job({ id: "job_fresh", said: 100 });
  await job({ id: "job_old", daysAgo: 1 });
  await tidy();
  expect(await kept()).toEqual(["job_fresh"]);
  platform.advance(3_600_000);
  await tidy();
  expect(await kept()).toEqual([]);
});

test("a clock that is wrong for a while takes nothing away, and there is one warning of it", async () => {
  const { job, tidy, kept, there, platform, services, admin } = await world();
  await job({ id: "job_a", daysAgo: 3 });
  await tidy();
  const acts = async () => (await admin("/api/v1/activity")).data.pagination.total;
  const before = await acts();
  platform.setClock(3_650 * DAY);
  for (let i = 0; i < 3; i++) {
    platform.advance(60_000);
    for (const each of [services.jobs, services.terminals, services.activity]) await each.tidy();
    await services.servers.trimTimelines();
  }
  platform.setClock(-3_650 * DAY);
  await tidy();
  expect([await kept(), await there(), await acts()]).toEqual([["job_a"], ["job_a"], before]);
  expect(platform.warnings).toHaveLength(1);
  platform.advance(91 * DAY);
  await tidy();
  expect(await kept()).toEqual([]);
});

test("nor does one that is wrong from the start", async () => {
  const { job, tidy, kept, platform } = await world();
  await job({ id: "job_a", daysAgo: 3 });
  await tidy();
  platform.setClock(3_650 * DAY);
  const again = platform.start().services;
  await again.jobs.tidy();
  platform.advance(23 * 3_600_000);
  await again.jobs.tidy();
  expect(await kept()).toEqual(["job_a"]);
  platform.advance(3_600_000);
  await again.jobs.tidy();
  expect(await kept()).toEqual([]);
});

test("a log that nobody has weighed is weighed first", async () => {
  const { job, tidy, kept } = await world({ ...generous, logBytes: 10_000 });
  await job({ id: "job_1", daysAgo: 2, said: 1_100, weighed: false });
  await job({ id: "job_2", daysAgo: 1, said: 20, weighed: false });
  await tidy();
  expect(await kept()).toEqual(["job_2"]);
});

test("a go that is cut short is taken up by the next, and nobody sees a log in part meanwhile", async () => {
  const { job, tidy, log, kept, platform } = await world();
  await job({ id: "job_old", daysAgo: 91, said: 900 });
  // As a control plane leaves it that was killed in between.
  await platform.database.update(jobs).set({ logRemovedAt: 5 });
  await platform.database.delete(entries).where(lt(entries.seq, 200));
  expect(await log("job_old")).toBe(0);
  await tidy();
  expect(await kept()).toEqual([]);
  expect((await platform.database.select().from(jobs))[0]).toMatchObject({ logBytes: 0, logRemovedAt: 5 });
});

test("others have their turn between two batches", async () => {
  const { job, tidy } = await world();
  for (let i = 0; i < 5; i++) await job({ id: `job_${i}`, daysAgo: 100, said: 1_000 });
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  await tidy();
  clearInterval(timer);
  expect(turns).toBeGreaterThan(10);
});
