import { expect, test } from "vitest";
import { world } from "../../platform/memory/terminal-world.ts";

const digest = (n: number) => `sha256:${String(n).repeat(64)}`;
const compose = (n: number) => `services:\n  web:\n    image: nginx:${n}\n`;
const image = (n: number) => ({ service: "web", image: `nginx:${n}`, digest: digest(n) });
type Agent = Awaited<ReturnType<Awaited<ReturnType<typeof world>>["connect"]>>;

/** An app of which two releases ran, and the third failed. */
async function shop() {
  const it = await world();
  const agent = await it.connect();
  const made = await it.admin("/api/v1/apps", {
    json: {
      name: "shop",
      serverId: it.serverId,
      source: { type: "compose", compose: compose(1) },
      env: [{ key: "PASSWORD", value: "CNRY-7", secret: true }],
    },
  });
  await carryOut(agent, made.data.deployment.jobId, 1);
  for (const n of [2, 3]) {
    await it.admin("/api/v1/apps/shop/compose", { method: "PUT", json: { compose: compose(n) } });
    const { data } = await it.admin("/api/v1/apps/shop/deploy", { method: "POST" });
    await carryOut(agent, data.deployment.jobId, n, n === 2 ? "succeeded" : "failed");
  }
  const rollBack = (json: object = {}, headers = {}) => it.admin("/api/v1/apps/shop/rollback", { json, headers });
  const view = async () => (await it.admin("/api/v1/apps/shop")).data;
  const offered = () => agent.heard("offer").at(-1) as unknown as { jobId: string; kind: string; input: Record<string, unknown> };
  return { ...it, agent, rollBack, view, offered };
}

async function carryOut(agent: Agent, jobId: string, n: number, outcome: "succeeded" | "failed" = "succeeded") {
  await agent.says({ type: "accepted", jobId });
  const result = { images: [image(n)], canonical: "services: {}", services: [] };
  const ending = outcome === "succeeded" ? { result } : { error: { code: "UNHEALTHY", message: "No" } };
  await agent.says({ type: "finished", jobId, outcome, lastSeq: 0, ...ending });
}

test.each([
  [{ release: 9 }, 404, "shop has no release 9."],
  [{ release: 3 }, 409, "Release 3 of shop never ran, so there is nothing to go back to."],
  [{ release: 0 }, 400, ""],
  [{ releases: 1 }, 400, ""],
])("a roll-back to %j is refused", async (asked, status, message) => {
  const { rollBack } = await shop();
  expect(await rollBack(asked)).toMatchObject({ status, message: expect.stringContaining(message) });
});

test("an app of which nothing runs has nothing to go back from; a viewer goes back to nothing", async () => {
  const { admin, agent, serverId, viewer } = await shop();
  await admin("/api/v1/apps", { json: { name: "new", serverId, source: { type: "compose", compose: compose(1) } } });
  expect(await admin("/api/v1/apps/new/rollback", { json: {} })).toMatchObject({
    status: 409,
    message: expect.stringContaining("No release of new is live"),
  });
  const vera = await viewer();
  expect(await vera("/api/v1/apps/shop/rollback", { json: {} })).toMatchObject({ status: 403 });
  await agent.leave();
  const { status, data } = await vera("/api/v1/apps/shop/releases");
  expect([status, data.items.map(({ kept }: { kept: boolean | null }) => kept)]).toEqual([200, [null, null]]);
});

test("the one before the live one is gone back to, as a deployment of its own; what is saved is not what runs then", async () => {
  const { rollBack, agent, view, offered, admin } = await shop();
  const { status, data } = await rollBack();
  expect([status, data.deployment]).toMatchObject([202, { kind: "rollback", release: 1, version: 1 }]);
  expect((await view()).status).toBe("deploying");
  expect(offered()).toMatchObject({ kind: "rollback-app", input: { release: 1, keep: 10, adopted: null } });
  expect(offered().input["remake"]).toMatchObject({ compose: compose(1), env: [{ key: "PASSWORD", value: "CNRY-7" }], images: [image(1)] });
  await carryOut(agent, data.deployment.jobId, 1);
  expect(await view()).toMatchObject({ liveRelease: 1, liveVersion: 1, version: 3, deploymentId: data.deployment.id });

  const forward = await rollBack({ release: 2 });
  await carryOut(agent, forward.data.deployment.jobId, 2);
  expect(await view()).toMatchObject({ liveRelease: 2, liveVersion: 2 });
  // The next release takes the next number, whatever was gone back to.
  expect((await admin("/api/v1/apps/shop/deploy", { method: "POST" })).data.deployment).toMatchObject({ kind: "deploy", release: 4 });
  const { items } = (await admin("/api/v1/activity")).data;
  expect(items).toContainEqual(expect.objectContaining({ action: "rollback-app", subject: "shop to release 2" }));
});

test("a server is told what was confirmed, and that nothing was where nothing is said; a key stands for what it confirmed", async () => {
  const { rollBack, agent, offered } = await shop();
  const confirm = ["volume-renamed:data"];
  const headers = { "idempotency-key": "sure" };
  const { data } = await rollBack({ release: 1, confirm }, headers);
  expect(offered().input["confirmed"]).toEqual(confirm);
  expect(await rollBack({ release: 1 }, headers)).toMatchObject({ status: 409, error: { code: "IDEMPOTENCY_CONFLICT" } });
  await carryOut(agent, data.deployment.jobId, 1);
  await rollBack({ release: 2 });
  expect(offered().input["confirmed"]).toEqual([]);
  expect(await rollBack({ release: 1, confirm: "all" })).toMatchObject({ status: 400 });
});

test("a roll-back that fails leaves live what was; the same key asks once", async () => {
  const { rollBack, agent, view, admin } = await shop();
  const headers = { "idempotency-key": "again" };
  const [first, second] = [await rollBack({ release: 1 }, headers), await rollBack({ release: 1 }, headers)];
  expect(second.data.deployment.id).toBe(first.data.deployment.id);
  expect(await rollBack({ release: 2 }, headers)).toMatchObject({ status: 409, error: { code: "IDEMPOTENCY_CONFLICT" } });
  await carryOut(agent, first.data.deployment.jobId, 1, "failed");
  expect(await view()).toMatchObject({ liveRelease: 2 });
  expect((await admin("/api/v1/deployments")).data.items[0]).toMatchObject({ kind: "rollback", status: "failed", live: false });
});

test("a newer roll-back takes the place of one that waits", async () => {
  const { rollBack, admin } = await shop();
  await rollBack({ release: 1 });
  await rollBack({ release: 1 });
  await rollBack({ release: 2 });
  const { items } = (await admin("/api/v1/deployments")).data;
  expect(items.slice(0, 3).map(({ status, release }: { status: string; release: number }) => [status, release])).toEqual([
    ["pending", 2],
    ["canceled", 1],
    ["pending", 1],
  ]);
});

test("releases that ran are listed, newest first, with what their server says it keeps", async () => {
  const { admin, agent } = await shop();
  const asked = admin("/api/v1/apps/shop/releases");
  await expect.poll(() => agent.heard("open-stream").length).toBe(1);
  const { streamId, input } = agent.heard("open-stream")[0]! as unknown as { streamId: number; input: unknown };
  expect(input).toMatchObject({ question: "kept-releases", input: { name: "shop" } });
  agent.output(streamId, JSON.stringify({ answer: { releases: [{ release: 2, here: true }] } }));
  await agent.says({ type: "stream-closed", streamId });
  expect((await asked).data).toMatchObject({
    items: [
      { number: 2, version: 2, live: true, kept: true, images: [image(2)], by: "ada@example.org", deployedAt: expect.any(Number) },
      { number: 1, version: 1, live: false, kept: false },
    ],
    pagination: { total: 2 },
  });
});

test("what a server finds otherwise than the release says is shown, but not while a job is at work, nor what was stopped on purpose", async () => {
  const { agent, view, admin, rollBack } = await shop();
  const { id: appId } = await view();
  const finding = (kind: string) => ({ service: "web", kind, message: kind, details: [], adopt: null });
  const tell = (...drift: unknown[]) => agent.says({ type: "inventory", whole: false, apps: [{ appId, services: [], drift }] });
  await tell(finding("stopped"), finding("image-replaced"));
  const kinds = async () => (await view()).drift.map(({ kind }: { kind: string }) => kind);
  expect(await kinds()).toEqual(["stopped", "image-replaced"]);
  // An older agent says nothing of it.
  await agent.says({ type: "inventory", whole: true, apps: [{ appId, services: [] }] });
  expect(await kinds()).toEqual(["stopped", "image-replaced"]);

  const stopped = await admin("/api/v1/apps/shop/stop", { method: "POST" });
  expect(await kinds()).toEqual([]);
  await agent.says({ type: "accepted", jobId: stopped.data.job.id });
  await agent.says({ type: "finished", jobId: stopped.data.job.id, outcome: "succeeded", lastSeq: 0, result: { services: [] } });
  expect(await kinds()).toEqual(["image-replaced"]);

  const { data } = await rollBack({ release: 2 });
  await carryOut(agent, data.deployment.jobId, 2);
  expect(await kinds()).toEqual([]);
});

test("an image that was replaced becomes the next version, which is deployed; only what was found can be adopted", async () => {
  const { agent, view, admin, rollBack } = await shop();
  const adopt = (json: object) => admin("/api/v1/apps/shop/drift/adopt", { json });
  expect(await adopt({ what: "image", service: "web" })).toMatchObject({ status: 409 });
  const { id: appId } = await view();
  const drift = [{ service: "web", kind: "image-replaced", message: "other", details: [], adopt: { what: "image", image: "nginx:9" } }];
  await agent.says({ type: "inventory", whole: false, apps: [{ appId, services: [], drift }] });
  // Version 3 is saved and does not run.
  expect(await adopt({ what: "image", service: "web" })).toMatchObject({
    status: 409,
    message: expect.stringContaining("Version 3 of shop is saved"),
  });
  await admin("/api/v1/apps/shop/compose", { method: "PUT", json: { compose: compose(2) } });
  const { data } = await admin("/api/v1/apps/shop/deploy", { method: "POST" });
  await carryOut(agent, data.deployment.jobId, 2);
  await agent.says({ type: "inventory", whole: false, apps: [{ appId, services: [], drift }] });
  expect(await adopt({ what: "compose" })).toMatchObject({ status: 409 });
  expect(await adopt({ what: "image", service: "db" })).toMatchObject({ status: 409 });
  expect(await adopt({ what: "image", service: "web" })).toMatchObject({ status: 202, data: { deployment: { version: 5, release: 5 } } });
  expect((await admin("/api/v1/apps/shop/versions/5")).data.compose).toBe(compose(2).replace("nginx:2", '"nginx:9"'));
  expect((await rollBack({ release: 1 })).status).toBe(202);
});
