import { expect, test } from "vitest";
import { world } from "../../platform/memory/terminal-world.ts";

const HOUR = 3_600_000;
const digest = (n: number) => `sha256:${String(n).repeat(64)}`;
const always = { mode: "window", days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "00:00", to: "23:59", timezone: "UTC" };
const images = [
  { service: "web", image: "nginx:1", digest: digest(1) },
  { service: "db", image: "postgres:16", digest: digest(1) },
  { service: "fixed", image: `redis@${digest(3)}`, digest: digest(3) },
];
type Agent = Awaited<ReturnType<Awaited<ReturnType<typeof world>>["connect"]>>;

/** An app that runs on a server, and a registry in the hands of the test. */
async function running() {
  const it = await world();
  const agent = await it.connect();
  const registry = { web: digest(1), asked: [] as string[][], answers: true };
  const compose = "services: {web: {image: nginx:1}, db: {image: postgres:16}, fixed: {image: redis}}";
  const { data } = await it.admin("/api/v1/apps", { json: { name: "shop", serverId: it.serverId, source: { type: "compose", compose } } });
  await carryOut(agent, data.deployment.jobId as string);

  let answered = 0;
  /** What the agent is asked while something goes on, answered. */
  async function meanwhile<T>(task: Promise<T>): Promise<T> {
    let over = false;
    const done = task.finally(() => (over = true));
    while (!over) {
      for (const { streamId, input } of agent.heard("open-stream").slice(answered)) {
        answered++;
        const wanted = (input["input"] as { images: string[] }).images;
        registry.asked.push(wanted);
        const found = (image: string) => ({ image, digest: image === "nginx:1" ? registry.web : digest(1) });
        agent.output(streamId, JSON.stringify({ answer: { images: wanted.map(found) } }));
        await agent.says({ type: "stream-closed", streamId });
      }
      await new Promise((next) => setTimeout(next, 1));
    }
    return done;
  }
  const minute = () => meanwhile(it.services.updates.tick());
  const updates = async () => (await it.admin("/api/v1/apps/shop")).data.updates;
  const offers = () =>
    agent.heard("offer") as unknown as { jobId: string; input: { refresh: string[]; compose: string; release: number } }[];
  return { ...it, agent, registry, meanwhile, minute, updates, offers };
}

async function carryOut(agent: Agent, jobId: string, web = digest(1), outcome: "succeeded" | "failed" = "succeeded") {
  await agent.says({ type: "accepted", jobId });
  const ran = images.map((each) => (each.service === "web" ? { ...each, digest: web } : each));
  const ending =
    outcome === "succeeded"
      ? { result: { images: ran, canonical: "services: {}", services: [] } }
      : { error: { code: "UNHEALTHY", message: "No" } };
  await agent.says({ type: "finished", jobId, outcome, lastSeq: 0, ...ending });
}

test("each image that runs under a tag is asked for within six hours, and then after six to seven", async () => {
  const { platform, minute, registry, updates } = await running();
  expect(await updates()).toMatchObject({ available: [], checkedAt: null, settings: { mode: "off" } });
  // When exactly is left to chance, so that not all are asked for at once.
  const quarters = new Map<string, number[]>();
  for (let quarter = 0; quarter <= 4 * 24; quarter++, platform.advance(HOUR / 4)) {
    await minute();
    for (const image of registry.asked.splice(0).flat()) quarters.set(image, [...(quarters.get(image) ?? []), quarter]);
  }
  expect([...quarters.keys()].sort()).toEqual(["nginx:1", "postgres:16"]);
  for (const [first = Infinity, ...later] of quarters.values()) {
    expect(first).toBeLessThanOrEqual(4 * 6);
    expect(later.length).toBeGreaterThanOrEqual(2);
    let before = first;
    for (const quarter of later) {
      expect(quarter - before).toBeGreaterThanOrEqual(4 * 6);
      expect(quarter - before).toBeLessThanOrEqual(4 * 7);
      before = quarter;
    }
  }
});

test("a newer image behind a tag is shown; deploying it pulls just that, from what runs and not from what is saved", async () => {
  const { admin, agent, registry, meanwhile, updates, offers, platform, minute } = await running();
  registry.web = digest(2);
  const checked = await meanwhile(admin("/api/v1/apps/shop/updates/check", { method: "POST" }));
  const available = [{ service: "web", image: "nginx:1", from: digest(1), to: digest(2) }];
  expect(checked).toMatchObject({ status: 200, data: { updates: { available, problem: null } } });
  await meanwhile(admin("/api/v1/apps/shop/updates/check", { method: "POST" }));
  expect(registry.asked).toHaveLength(1);

  await admin("/api/v1/apps/shop/compose", { method: "PUT", json: { compose: "services: {web: {image: other}}" } });
  expect(await admin("/api/v1/apps/shop/updates", { json: {} })).toMatchObject({ status: 202, data: { deployment: { version: 1 } } });
  const { jobId, input } = offers().at(-1)!;
  expect(input).toMatchObject({ refresh: ["web"], release: 2, compose: expect.stringContaining("nginx:1") });
  await carryOut(agent, jobId, digest(2));
  expect(await updates()).toMatchObject({ available: [], gaveUp: false });
  expect((await admin("/api/v1/activity")).data.items[0]).toMatchObject({ action: "update-app", subject: "shop" });

  // What ran before is put back: the newer one is newer again.
  platform.advance(60_000);
  await minute();
  await admin("/api/v1/apps/shop/deploy", { method: "POST" });
  await carryOut(agent, offers().at(-1)!.jobId, digest(1));
  expect(await updates()).toMatchObject({ available });
});

test("what another tag's digest names the same image is no update", async () => {
  const { services, admin, meanwhile, registry, platform, updates } = await running();
  registry.web = digest(2);
  await meanwhile(admin("/api/v1/apps/shop/updates/check", { method: "POST" }));
  expect((await updates()).available).toHaveLength(1);
  await platform.client.execute(`update image_checks set alias = '["${digest(1)}"]'`);
  await services.updates.check("shop");
  expect((await updates()).available).toEqual([]);
});

test("within its window AppOS deploys an update by itself, once; what failed is not tried again, what is newer still is", async () => {
  const { admin, agent, registry, meanwhile, minute, updates, offers, platform } = await running();
  registry.web = digest(2);
  await meanwhile(admin("/api/v1/apps/shop/updates/check", { method: "POST" }));
  const before = offers().length;
  await minute();
  expect(offers()).toHaveLength(before);

  expect(await admin("/api/v1/apps/shop", { method: "PATCH", json: { updates: { ...always, timezone: "Nowhere/At all" } } })).toMatchObject(
    {
      status: 400,
    },
  );
  await admin("/api/v1/apps/shop", { method: "PATCH", json: { updates: always } });
  await Promise.all([minute(), minute()]);
  await minute();
  expect(offers()).toHaveLength(before + 1);
  expect(offers().at(-1)).toMatchObject({ by: null, input: { refresh: ["web"] } });
  expect((await admin("/api/v1/activity")).data.items[0]).toMatchObject({ by: null, action: "update-app" });

  await carryOut(agent, offers().at(-1)!.jobId, digest(1), "failed");
  await minute();
  expect(offers()).toHaveLength(before + 1);
  expect(await updates()).toMatchObject({ gaveUp: true, available: [{ to: digest(2) }] });

  registry.web = digest(4);
  platform.advance(HOUR);
  await meanwhile(admin("/api/v1/apps/shop/updates/check", { method: "POST" }));
  await minute();
  expect(offers()).toHaveLength(before + 2);
});

test("no update is begun while something else is under way with the app, nor where its server is away or it was stopped", async () => {
  const { admin, agent, registry, meanwhile, minute, offers, platform } = await running();
  registry.web = digest(2);
  await meanwhile(admin("/api/v1/apps/shop/updates/check", { method: "POST" }));
  await admin("/api/v1/apps/shop/restart", { method: "POST" });
  await admin("/api/v1/apps/shop", { method: "PATCH", json: { updates: always } });
  const before = offers().length;
  await minute();
  expect(offers()).toHaveLength(before);
  const { jobId } = offers().at(-1)!;
  await agent.says({ type: "accepted", jobId });
  await agent.says({ type: "finished", jobId, outcome: "succeeded", result: { services: [] }, lastSeq: 0 });

  await agent.leave();
  platform.advance(60_000);
  await minute();
  const { rows } = await platform.client.execute("select count(*) from jobs where state in ('queued', 'offered', 'running')");
  expect(Number(rows[0]![0])).toBe(0);
});
