import { expect, test } from "vitest";
import { world } from "../../platform/memory/terminal-world.ts";

const compose = "services: {web: {image: nginx:1, environment: {TOKEN: '${TOKEN}'}}}";
const found = {
  project: "blog",
  directory: "/srv/blog",
  configFiles: ["/srv/blog/compose.yaml"],
  services: [],
  volumes: ["blog_data"],
  problem: null,
};
const files = {
  directory: "/srv/blog",
  compose,
  env: [{ key: "TOKEN", value: "CNRY-8", secret: true }],
  notes: ["Two files were put together."],
};

/** A server on which a project runs that is no app. */
async function blog() {
  const it = await world();
  const agent = await it.connect();
  let answered = 0;
  /** What the agent is asked while something goes on, answered. */
  async function meanwhile<T>(task: Promise<T>, error?: { code: string; message: string }): Promise<T> {
    let over = false;
    const done = task.finally(() => (over = true));
    while (!over) {
      for (const { streamId, input } of agent.heard("open-stream").slice(answered)) {
        answered++;
        const answer = input["question"] === "found-projects" ? { projects: [found] } : files;
        agent.output(streamId, JSON.stringify(error ? { error } : { answer }));
        await agent.says({ type: "stream-closed", streamId });
      }
      await new Promise((next) => setTimeout(next, 1));
    }
    return done;
  }
  const at = `/api/v1/servers/${it.serverId}/projects`;
  const list = () => meanwhile(it.admin(at));
  const adopt = (name = "blog", headers = {}) => meanwhile(it.admin(`${at}/blog/adopt`, { json: { name }, headers }));
  const offered = () => agent.heard("offer").at(-1) as unknown as { jobId: string; kind: string; input: Record<string, unknown> };
  return { ...it, agent, at, meanwhile, list, adopt, offered };
}

test("projects that run on a server are found, and can be left alone", async () => {
  const { admin, at, list, viewer } = await blog();
  expect((await list()).data.items).toEqual([{ ...found, leftAlone: false, appName: null }]);
  expect((await admin(`${at}/blog`, { method: "PUT", json: { leftAlone: true } })).status).toBe(200);
  await admin(`${at}/blog`, { method: "PUT", json: { leftAlone: true } });
  expect((await list()).data.items).toMatchObject([{ leftAlone: true }]);
  await admin(`${at}/blog`, { method: "PUT", json: { leftAlone: false } });
  expect((await list()).data.items).toMatchObject([{ leftAlone: false }]);
  const vera = await viewer();
  expect((await vera(`${at}/blog/adopt`, { json: { name: "blog" } })).status).toBe(403);
  expect((await vera(`${at}/blog`, { method: "PUT", json: { leftAlone: true } })).status).toBe(403);
});

test("a server that is away is not asked, and what it says against it is said", async () => {
  const { admin, agent, at, meanwhile } = await blog();
  const reply = await meanwhile(admin(`${at}/blog/adopt`, { json: { name: "blog" } }), {
    code: "INVALID_COMPOSE",
    message: "compose.yaml is gone.",
  });
  expect(reply).toMatchObject({ status: 400, error: { code: "INVALID_COMPOSE" }, message: "compose.yaml is gone." });
  expect((await admin("/api/v1/apps")).data.items).toEqual([]);
  await agent.leave();
  expect(await admin(at)).toMatchObject({ status: 409, error: { code: "SERVER_AWAY" } });
});

test("its files become version 1, and its first deployment takes it over; the same key makes one app", async () => {
  const { admin, adopt, list, agent, offered } = await blog();
  const headers = { "idempotency-key": "adopt-1" };
  const [first, second] = [await adopt("site", headers), await adopt("site", headers)];
  expect(first).toMatchObject({
    status: 202,
    data: { app: { name: "site", status: "deploying" }, deployment: { kind: "adopt", release: 1 }, notes: files.notes },
  });
  expect(second.data.app.id).toBe(first.data.app.id);
  expect(offered()).toMatchObject({
    kind: "adopt-app",
    input: { project: "blog", directory: "/srv/blog", compose, env: [{ key: "TOKEN", value: "CNRY-8" }] },
  });
  expect((await admin("/api/v1/apps/site/versions/1")).data.compose).toBe(compose);
  expect((await admin("/api/v1/apps/site/env")).data.env).toMatchObject([{ key: "TOKEN", value: null, secret: true }]);
  expect((await list()).data.items).toMatchObject([{ appName: "site" }]);
  expect(await adopt("other")).toMatchObject({ status: 409, message: expect.stringContaining("The app site takes blog over already") });

  const { jobId } = first.data.deployment;
  await agent.says({ type: "accepted", jobId });
  const images = [{ service: "web", image: "nginx:1", digest: `sha256:${"1".repeat(64)}` }];
  await agent.says({ type: "finished", jobId, outcome: "succeeded", lastSeq: 0, result: { images, canonical: "", services: [] } });
  expect((await admin("/api/v1/apps/site")).data).toMatchObject({ liveRelease: 1, liveVersion: 1 });
  await admin("/api/v1/apps/site/deploy", { method: "POST" });
  expect(offered()).toMatchObject({ kind: "deploy-app", input: { release: 2, adopted: { project: "blog", directory: "/srv/blog" } } });
});

test("where taking it over failed, a deployment tries it again: it never starts a second one beside it", async () => {
  const { admin, adopt, agent, offered } = await blog();
  const { data } = await adopt();
  const { jobId } = data.deployment;
  await agent.says({ type: "accepted", jobId });
  await agent.says({ type: "finished", jobId, outcome: "failed", lastSeq: 0, error: { code: "POLICY_REFUSED", message: "No" } });
  expect((await admin("/api/v1/apps/blog")).data).toMatchObject({ status: "new", liveRelease: null });
  expect((await admin("/api/v1/apps/blog/deploy", { method: "POST" })).data.deployment).toMatchObject({ kind: "adopt", release: 2 });
  expect(offered()).toMatchObject({ kind: "adopt-app", input: { release: 2, project: "blog" } });
});
