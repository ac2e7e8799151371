import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AppView } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import type { Page as PageOf } from "@appos/shared/envelope";
import type { JobView } from "@appos/shared/jobs";
import type { ReleaseView } from "@appos/shared/releases";
import { failpointWorld } from "../failpoints/world.ts";
import { only } from "../world/compose.ts";
import { appNamed, containersOf, docker, sweep } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { until } from "../world/until.ts";

beforeAll(buildImages);
afterAll(endAll);

type World = Awaited<ReturnType<typeof failpointWorld>>;
interface Created {
  app: AppView;
  deployment: DeploymentView;
}

/** A story that ends with its job. `armed` comes when the story is about what may be cut short. */
type Story = (world: World, name: string, armed: () => void) => Promise<{ job: JobView; again(): Promise<string> }>;

const create = (world: World, name: string, compose: string) => {
  const body = { name, source: { type: "compose", compose } };
  return world.insist<Created>("apps", body, { "idempotency-key": `create ${name}` });
};

const deploy: Story = async (world, name, armed) => {
  armed();
  const ask = async () => (await create(world, name, only("appos-test/web:1"))).deployment.jobId;
  const job = await world.ended(await ask());
  expect(job).toMatchObject({ state: "succeeded", error: null });
  expect(await running(name)).toEqual(["appos-test/web:1"]);
  return { job, again: ask };
};

const rollBack: Story = async (world, name, armed) => {
  const { deployment } = await create(world, name, only("appos-test/web:1"));
  await world.ended(deployment.jobId);
  await world.admin.saveCompose(name, only("appos-test/sick:1"));
  armed();
  const ask = async () => {
    const key = { "idempotency-key": `deploy ${name}` };
    return (await world.insist<{ deployment: DeploymentView }>(`apps/${name}/deploy`, {}, key)).deployment.jobId;
  };
  const job = await world.ended(await ask());
  expect(job).toMatchObject({ state: "failed", error: { code: "UNHEALTHY", details: { restored: 1 } } });
  expect(await running(name)).toEqual(["appos-test/web:1"]);
  expect(await world.insist<AppView>(`apps/${name}`)).toMatchObject({ liveRelease: 1 });
  return { job, again: ask };
};

/** Between two releases of one app, which is made the first time: back and forth. */
const goBack: Story = async (world, name, armed) => {
  const { items } = await world.insist<PageOf<AppView>>(`apps?search=${name}`);
  if (items.length === 0) {
    await world.ended((await create(world, name, only("appos-test/web:1"))).deployment.jobId);
    await world.admin.saveCompose(name, only("appos-test/web:2"));
    await world.admin.settled((await world.admin.deploy(name)).id);
  }
  const release = (await world.insist<AppView>(`apps/${name}`)).liveRelease === 1 ? 2 : 1;
  const key = { "idempotency-key": `back ${randomUUID()}` };
  armed();
  const ask = async () =>
    (await world.insist<{ deployment: DeploymentView }>(`apps/${name}/rollback`, { release, confirm: [] }, key)).deployment.jobId;
  const job = await world.ended(await ask());
  expect(job).toMatchObject({ state: "succeeded", error: null });
  expect(await running(name)).toEqual([`appos-test/web:${release}`]);
  expect(await world.insist<AppView>(`apps/${name}`)).toMatchObject({ liveRelease: release, liveVersion: release });
  await until("its server has both releases whole", async () => {
    const kept = (await world.insist<PageOf<ReleaseView>>(`apps/${name}/releases`)).items.map((each) => each.kept);
    return kept.join() === "true,true";
  });
  return { job, again: ask };
};

const cancel: Story = async (world, name, armed) => {
  const ask = async () => (await create(world, name, only("appos-test/patient:1"))).deployment.jobId;
  const jobId = await ask();
  await until("it waits for its health", async () => (await world.entries(jobId)).some(({ step }) => step === "health"));
  armed();
  await world.insist(`jobs/${jobId}/cancel`, {});
  const job = await world.ended(jobId);
  expect(job).toMatchObject({ state: "canceled" });
  expect(await running(name)).toEqual([]);
  return { job, again: ask };
};

const running = async (name: string) => {
  const containers = await containersOf(name);
  return containers.length === 0 ? [] : (await docker("inspect", "-f", "{{.Config.Image}}", ...containers)).split("\n").filter(Boolean);
};

/** Tells the story once to find its points, then once for each of them, with whoever comes by it killed there. */
async function atEveryPoint(story: Story, apps: "an app each time" | "one app" = "an app each time") {
  const world = await failpointWorld();
  const calm = appNamed("calm");
  await story(world, calm, world.clear);
  const points = world.seen();
  const broken: string[] = [];
  for (const point of points) {
    const name = apps === "one app" ? calm : appNamed("cut");
    try {
      const { job, again } = await story(world, name, () => world.arm(point));
      await until("somebody was killed there", () => world.wasHit());
      expect(await again(), "the same request again is the same job").toBe(job.id);
      expect(world.starts(job.id)).toBeLessThanOrEqual(2);
      const entries = await world.entries(job.id);
      expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1));
      expect((await docker("ps", "-aq", "--filter", `name=^[0-9a-f]{12}_appos-${name}`)).trim(), "half made containers").toBe("");
    } catch (error) {
      broken.push(`killed at "${point}": ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      // An engine has room for some thirty networks.
      if (name !== calm) await sweep(name);
    }
  }
  expect(broken).toEqual([]);
  return points;
}

const LONG = 600_000;
/** Of all that is come by, what is come by each time: others depend on what is told at the same time as what. */
const MILESTONES = [
  "control plane: a job is committed",
  "agent: the acceptance is safe",
  "agent: resolve is done",
  "agent: start is done",
  "agent: health is done",
  "control plane: finished is committed",
];

test.concurrent("a deployment comes to its end wherever agent or control plane is killed", { timeout: LONG }, async () => {
  const points = await atEveryPoint(deploy);
  expect(points).toEqual(expect.arrayContaining(MILESTONES));
});

test.concurrent("a deployment that fails is rolled back wherever agent or control plane is killed", { timeout: LONG }, async () => {
  const points = await atEveryPoint(rollBack);
  expect(points).toContain("agent: restore is done");
});

test.concurrent("a roll-back comes to its end wherever agent or control plane is killed", { timeout: LONG }, async () => {
  const points = await atEveryPoint(goBack, "one app");
  expect(points).toEqual(expect.arrayContaining(MILESTONES));
});

test.concurrent("a cancel is obeyed wherever agent or control plane is killed", { timeout: LONG }, async () => {
  const points = await atEveryPoint(cancel);
  expect(points).toContain("agent: canceled is safe");
});
