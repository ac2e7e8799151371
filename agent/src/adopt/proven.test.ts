import { expect, test } from "vitest";
import { inventory } from "../inventory.ts";
import { newContainer } from "../machine/fake-compose.ts";
import { fakeMachine } from "../machine/fake-machine.ts";
import { runJob } from "../run-job.ts";
import { voice } from "../voice.ts";
import { adoptedProjects } from "./adopted-project.ts";

const FOLDER = "/var/lib/appos/apps/blog";
const ADOPTED = `${FOLDER}/adopted.json`;
const compose = 'services: {web: {image: "nginx:1"}}';

/** A server in memory, on which the project `blog` was started in /srv/blog. */
function world() {
  const server = fakeMachine();
  server.images = new Set(["nginx:1"]);
  const container = newContainer("c", "blog", "web", { image: "nginx:1", labels: {} });
  server.containers.push(container);
  const found = { configFiles: ["/srv/blog/compose.yaml"], envFiles: [], agreed: true, containers: [container] };
  server.projects.push({ project: "blog", directory: "/srv/blog", ...found });
  const run = (kind: "adopt-app" | "deploy-app" | "rollback-app", input: object) =>
    runJob(
      kind,
      { appId: "app_blog", name: "blog", release: 1, compose, env: [], ...input },
      { machine: server.machine, say: voice(() => {}), signal: new AbortController().signal, attempt: 1 },
    );
  return { server, container, run };
}
const told = { project: "blog", directory: "/srv/blog" };

test.each([
  [{ ...told, directory: "/etc" }, "INVALID_JOB"],
  [{ ...told, directory: "/srv/blog/../../etc" }, "INVALID_JOB"],
  [{ ...told, directory: "/srv/blog/" }, "INVALID_JOB"],
  [{ ...told, project: "Bad name" }, "INVALID_JOB"],
  [{ ...told, project: "gone" }, "NOT_DEPLOYED"],
])("%o is not believed, and nothing is written", async (adopted, code) => {
  const { server, run } = world();
  expect(await run("deploy-app", { adopted })).toMatchObject({ outcome: "failed", error: { code } });
  expect(await run("rollback-app", { adopted })).toMatchObject({ outcome: "failed", error: { code } });
  expect(await run("adopt-app", adopted)).toMatchObject({ outcome: "failed", error: { code } });
  expect([...server.files.keys()]).toEqual([]);
  expect(server.commands).toEqual([]);
});

test("what the labels of its containers say is believed, unless it is another app's", async () => {
  const { server, container, run } = world();
  expect(await run("deploy-app", { adopted: told })).toMatchObject({ outcome: "succeeded" });
  expect(JSON.parse(server.files.get(ADOPTED)!)).toEqual({ appId: "app_blog", ...told });
  expect(await run("deploy-app", { name: "thief", appId: "app_thief", adopted: told })).toMatchObject({ error: { code: "INVALID_JOB" } });
  server.files.clear();
  container.appId = "app_other";
  expect(await run("deploy-app", { adopted: told })).toMatchObject({ error: { code: "INVALID_JOB" } });
});

test("one app's spoiled file is no other's trouble", async () => {
  const { server, run } = world();
  await run("adopt-app", told);
  server.files.set("/var/lib/appos/apps/odd/adopted.json", '{"appId":"app_odd","project":"Bad name","directory":"/"}');
  expect([...(await adoptedProjects(server.machine)).keys()]).toEqual(["blog"]);
  expect(await inventory(server.machine)).toEqual(expect.any(Array));
  expect(await run("deploy-app", { name: "odd", appId: "app_odd" })).toMatchObject({ error: { code: "INVALID_JOB" } });
});

test("an adoption that fails leaves nothing behind", async () => {
  const { server, run } = world();
  const refused = 'services: {web: {image: "nginx:1", privileged: true}}';
  expect(await run("adopt-app", { ...told, compose: refused })).toMatchObject({ error: { code: "POLICY_REFUSED" } });
  expect([...server.files.keys()]).toEqual([]);
});

test("an app that lives loses nothing by an adoption that fails, and is not adopted as another", async () => {
  const { server, run } = world();
  expect(await run("adopt-app", told)).toMatchObject({ outcome: "succeeded" });
  expect(await run("deploy-app", { release: 2, compose: compose.replace("nginx:1", "nginx:2") })).toMatchObject({ outcome: "succeeded" });
  const before = new Map(server.files);
  const refused = { ...told, compose: 'services: {web: {image: "nginx:1", privileged: true}}' };
  for (const release of [1, 2, 3])
    expect(await run("adopt-app", { ...refused, release })).toMatchObject({ error: { code: "POLICY_REFUSED" } });
  for (const other of [{ appId: "app_new" }, { directory: "/srv/other" }, { project: "shop" }])
    expect(await run("adopt-app", { ...told, ...other })).toMatchObject({ error: { code: "INVALID_JOB" } });
  expect(server.files).toEqual(before);
  expect(await run("adopt-app", { ...told, release: 3 })).toMatchObject({ outcome: "succeeded" });
});

test("an app that AppOS made is not adopted over", async () => {
  const { server, run } = world();
  expect(await run("deploy-app", {})).toMatchObject({ outcome: "succeeded" });
  const before = new Map(server.files);
  expect(await run("adopt-app", told)).toMatchObject({ error: { code: "INVALID_JOB" } });
  expect(server.files).toEqual(before);
});
