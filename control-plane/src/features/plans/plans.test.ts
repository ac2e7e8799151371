import type { Reply } from "@appos/shared/questions";
import { expect, test } from "vitest";
import { soon, world } from "../../platform/memory/terminal-world.ts";

const compose = "services: {web: {image: 'nginx:1.27', environment: {TOKEN: '${TOKEN}'}}}";
const found = { liveRelease: null, services: [], images: [], volumes: [], networks: [], dangers: [] };

/** An app on a server whose agent answers what the test wants it to. */
async function planWorld(reply: Reply = { answer: found }) {
  const it = await world();
  const agent = await it.connect();
  const source = { type: "compose", compose };
  const env = [{ key: "TOKEN", value: "t0p-secret", secret: true }];
  await it.admin("/api/v1/apps", { json: { name: "blog", source, env } });

  /** Asks, and lets the agent answer the question it then hears. */
  async function plan(json: object | undefined, path = "/api/v1/apps/blog/plan", who = it.admin) {
    let over = false;
    const asked = who(path, { json: json ?? {} }).finally(() => (over = true));
    const question = () => agent.heard("open-stream").at(-1);
    while (!over && !question()) await soon();
    const opened = question();
    if (opened) {
      agent.output(opened.streamId, JSON.stringify(reply));
      await agent.says({ type: "stream-closed", streamId: opened.streamId });
    }
    return { answer: await asked, question: opened?.input as { question: string; input: Record<string, unknown> } | undefined };
  }
  return { ...it, agent, plan };
}

test("who may not deploy may not ask for a plan, in which variables would show", async () => {
  const { plan, viewer } = await planWorld();
  const { answer, question } = await plan({}, undefined, await viewer());
  expect(answer).toMatchObject({ status: 403, error: { code: "FORBIDDEN" } });
  expect(question).toBeUndefined();
});

test("without more, the plan is that of the newest version, with the variables it would run with", async () => {
  const { plan } = await planWorld();
  const { answer, question } = await plan(undefined);
  expect(answer).toMatchObject({ status: 200, data: { ...found, version: 1, liveVersion: null } });
  expect(question).toMatchObject({
    question: "plan",
    input: { name: "blog", compose, env: [{ key: "TOKEN", value: "t0p-secret" }], files: [] },
  });
});

test("what is not saved can be asked about; a secret that nobody touched stays what it is", async () => {
  const { plan } = await planWorld();
  const env = [
    { key: "TOKEN", value: null, secret: true },
    { key: "MORE", value: "1" },
  ];
  const { answer, question } = await plan({ compose: "services: {web: {image: 'nginx:1.28'}}", env });
  expect(answer.data).toMatchObject({ version: null });
  expect(question!.input).toMatchObject({
    compose: expect.stringContaining("1.28"),
    env: [
      { key: "TOKEN", value: "t0p-secret" },
      { key: "MORE", value: "1" },
    ],
  });
});

test("an app that is not there yet has a plan as well", async () => {
  const { plan } = await planWorld();
  const { answer, question } = await plan({ name: "wiki", compose, env: [{ key: "TOKEN", value: "x" }] }, "/api/v1/apps/plan");
  expect(answer).toMatchObject({ status: 200, data: { version: null } });
  expect(question!.input).toMatchObject({ name: "wiki", appId: "app_0" });
});

test("what the server has against it is said in its words", async () => {
  const { plan } = await planWorld({
    error: { code: "POLICY_REFUSED", message: "The service web asks for privileged: true.", details: { rule: "privileged" } },
  });
  const { answer } = await plan({});
  expect(answer).toMatchObject({ status: 403, message: "The service web asks for privileged: true.", error: { code: "POLICY_REFUSED" } });
});

test("a release is planned alone, and only one that ran", async () => {
  const { plan } = await planWorld();
  expect((await plan({ release: 1, version: 1 })).answer).toMatchObject({ status: 400 });
  expect((await plan({ release: 7 })).answer).toMatchObject({
    status: 409,
    message: expect.stringContaining("No release of blog is live"),
  });
});

test("what was confirmed travels with the order to deploy, and with that to create", async () => {
  const { admin, agent } = await planWorld();
  const confirm = ["file-becomes-folder:./app.conf"];
  await admin("/api/v1/apps", { json: { name: "wiki", source: { type: "compose", compose }, confirm } });
  const offered = () => agent.heard("offer").find(({ input }) => input["name"] === "wiki");
  await expect.poll(offered).toBeDefined();
  expect(offered()).toMatchObject({ kind: "deploy-app", input: { confirmed: confirm } });
  expect(await admin("/api/v1/apps/blog/deploy", { json: { confirm: ["volume-renamed:data"] } })).toMatchObject({ status: 202 });
  expect(await admin("/api/v1/apps/blog/deploy", { json: { confirm: "all" } })).toMatchObject({ status: 400 });
});
