import { expect, test } from "vitest";
import { world } from "../../platform/memory/terminal-world.ts";
import { setUp } from "../../platform/memory/tester.ts";

const PASSWORD = "CNRY-7d2a; id #";
const ghcr = { host: "ghcr.io", username: "ada", password: PASSWORD };

test.each([
  [{ ...ghcr, host: "x;id" }, "host"],
  [{ ...ghcr, host: "-p" }, "host"],
  [{ ...ghcr, host: "http://169.254.169.254/latest" }, "host"],
  [{ ...ghcr, username: "a:b" }, "username"],
  [{ ...ghcr, username: "a\nb" }, "username"],
  [{ ...ghcr, password: "" }, "password"],
  [{ ...ghcr, more: 1 }, ""],
])("a login that is none is refused, and its password is not repeated: %j", async (login, path) => {
  const { admin } = await setUp();
  const reply = await admin("/api/v1/registries", { json: login });
  expect(reply).toMatchObject({ status: 400, error: { code: "INVALID_REQUEST", details: [{ path }] } });
  expect(JSON.stringify(reply)).not.toContain("CNRY");
});

test("a viewer reads which logins there are, and changes none", async () => {
  const { admin, viewer } = await setUp();
  const { data } = await admin("/api/v1/registries", { json: ghcr });
  const vera = await viewer();
  expect((await vera("/api/v1/registries")).data.items).toMatchObject([{ host: "ghcr.io", username: "ada" }]);
  expect(await vera("/api/v1/registries", { json: { ...ghcr, host: "quay.io" } })).toMatchObject({ status: 403 });
  expect(await vera(`/api/v1/registries/${data.id}`, { method: "PATCH", json: { password: "x" } })).toMatchObject({ status: 403 });
  expect(await vera(`/api/v1/registries/${data.id}/test`, { json: {} })).toMatchObject({ status: 403 });
});

test.each([
  ["https://index.docker.io/v1/", "docker.io"],
  ["hub.docker.com", "docker.io"],
  ["https://GHCR.io/", "ghcr.io"],
  ["registry.example.org:5000", "registry.example.org:5000"],
])("the host %s is %s", async (host, known) => {
  const { admin } = await setUp();
  expect((await admin("/api/v1/registries", { json: { ...ghcr, host } })).data.host).toBe(known);
});

test("a password is written and never read: not by the API, not in the activity, and sealed where it is kept", async () => {
  const { admin, platform } = await setUp();
  const added = await admin("/api/v1/registries", { json: ghcr });
  expect(added).toMatchObject({ status: 201, data: { host: "ghcr.io", username: "ada" } });
  expect(await admin("/api/v1/registries", { json: ghcr })).toMatchObject({ status: 409, error: { code: "NAME_TAKEN" } });
  const changed = await admin(`/api/v1/registries/${added.data.id}`, { method: "PATCH", json: { password: `${PASSWORD}2` } });
  const listed = await admin("/api/v1/registries");
  const activity = await admin("/api/v1/activity");
  expect(activity.data.items.slice(0, 2)).toMatchObject([
    { action: "change-registry", subject: "ghcr.io" },
    { action: "add-registry", subject: "ghcr.io" },
  ]);
  expect(JSON.stringify([added, changed, listed, activity])).not.toContain("CNRY");
  const { rows } = await platform.client.execute("select * from registries");
  expect(JSON.stringify(rows)).not.toContain("CNRY");
  expect(JSON.stringify(rows)).toContain("k1.");

  expect(await admin("/api/v1/registries/ghcr.io", { method: "DELETE" })).toMatchObject({ status: 200 });
  expect((await admin("/api/v1/registries")).data.items).toEqual([]);
});

/** A server with an agent, to which an app is being deployed. */
async function deploying(image: string, env: object[] = []) {
  const it = await world();
  for (const host of ["ghcr.io", "docker.io"]) await it.admin("/api/v1/registries", { json: { ...ghcr, host } });
  const agent = await it.connect();
  const source = { type: "compose", compose: `services: {web: {image: "${image}"}}` };
  const { data } = await it.admin("/api/v1/apps", { json: { name: "shop", serverId: it.serverId, source, env } });
  const jobId = data.deployment.jobId as string;
  const ask = async (...hosts: string[]) => {
    await agent.says({ type: "logins-wanted", jobId, hosts });
    return agent.heard("logins").at(-1)?.["logins"];
  };
  return { ...it, agent, jobId, ask };
}

test("a job that runs is handed the logins of those registries that its images name, and the offer holds none", async () => {
  const { agent, jobId, ask } = await deploying("ghcr.io/team/web:1");
  expect(JSON.stringify(agent.heard("offer"))).not.toContain("CNRY");
  expect(await ask("ghcr.io")).toBeUndefined();

  await agent.says({ type: "accepted", jobId });
  expect(await ask("ghcr.io", "docker.io", "quay.io")).toEqual([ghcr]);
  expect(await ask("docker.io")).toEqual([]);

  await agent.says({ type: "finished", jobId, outcome: "failed", lastSeq: 0 });
  const said = agent.heard("logins").length;
  await ask("ghcr.io");
  expect(agent.heard("logins")).toHaveLength(said);
});

test.each([
  ["${WHERE}/team/web:1", [], ["docker.io"]],
  ["${WHERE}/team/web:1", [{ key: "WHERE", value: "ghcr.io" }], ["docker.io", "ghcr.io"]],
  ["${WHERE}/team/web:1", [{ key: "WHERE", value: "notghcr.io" }], ["docker.io"]],
  ["${WHERE:-ghcr.io/team}/web:1", [], ["docker.io", "ghcr.io"]],
  ["quay.io/team/web:${TAG}", [{ key: "TAG", value: "ghcr.io" }], []],
])("where a variable decides of which registry %s is, it is one that the configuration names: %j", async (image, env, hosts) => {
  const { agent, jobId, ask } = await deploying(image, env);
  await agent.says({ type: "accepted", jobId });
  expect(((await ask("ghcr.io", "docker.io")) as { host: string }[]).map(({ host }) => host).sort()).toEqual(hosts);
});

test("a job that an agent tells of is handed no login, whatever it names", async () => {
  const { connect } = await deploying("ghcr.io/team/web:1");
  const jobId = "job_00000000000000000000000001";
  const agent = await connect([jobId]);
  const input = { appId: "app_x", name: "x", release: 1, compose: 'services: {web: {image: "ghcr.io/x/$Y"}}', env: [] };
  const offer = { jobId, number: 99, by: null, kind: "deploy-app", lane: "app_x", input, after: 0, timeLimitMs: 1_000 };
  await agent.says({ type: "described", offer });
  expect(agent.heard("resend")).toMatchObject([{ jobId }]);
  await agent.says({ type: "logins-wanted", jobId, hosts: ["ghcr.io", "docker.io"] });
  expect(agent.heard("logins").at(-1)).toMatchObject({ jobId, logins: [] });
});

test("to look for updates a server is handed the logins of what its apps' configurations name, not of what it says it runs", async () => {
  const { agent, jobId, admin } = await deploying("ghcr.io/team/web:1");
  await agent.says({ type: "accepted", jobId });
  const images = ["ghcr.io/team/web:1", "docker.io/x/$y:1"].map((image, n) => ({ service: `s${n}`, image, digest: `sha256:${n}` }));
  await agent.says({ type: "finished", jobId, outcome: "succeeded", lastSeq: 0, result: { images, canonical: "", services: [] } });
  const checked = admin("/api/v1/apps/shop/updates/check", { method: "POST" });
  await expect.poll(() => agent.heard("open-stream")).toHaveLength(1);
  const { input, streamId } = agent.heard("open-stream")[0]!;
  expect(input).toMatchObject({ question: "image-digests", input: { images: images.map(({ image }) => image), logins: [ghcr] } });
  agent.output(streamId, JSON.stringify({ answer: { images: [] } }));
  await agent.says({ type: "stream-closed", streamId });
  expect((await checked).status).toBe(200);
});

test("over a link that is not the newest no login is handed out", async () => {
  const { agent, jobId, connect, ask } = await deploying("ghcr.io/team/web:1");
  await agent.says({ type: "accepted", jobId });
  await connect();
  expect(await ask("ghcr.io")).toBeUndefined();
});

test("a login is tried by a server, whose verdict comes back in words", async () => {
  const { admin, connect } = await world();
  const { data } = await admin("/api/v1/registries", { json: ghcr });
  expect(await admin(`/api/v1/registries/${data.id}/test`, { json: {} })).toMatchObject({ status: 409, error: { code: "SERVER_AWAY" } });

  const agent = await connect();
  const asked = admin(`/api/v1/registries/${data.id}/test`, { json: {} });
  await expect.poll(() => agent.heard("open-stream")).toMatchObject([{ kind: "ask", input: { question: "registry-test", input: ghcr } }]);
  const { streamId } = agent.heard("open-stream")[0]!;
  const problem = { code: "REGISTRY_UNAUTHORIZED", message: "The login does not work." };
  agent.output(streamId, JSON.stringify({ answer: { problem } }));
  await agent.says({ type: "stream-closed", streamId });
  expect(await asked).toMatchObject({ status: 200, data: { serverName: "tokyo-1", problem } });
});
