import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { findProjects } from "../adopt/find-projects.ts";
import { projectFiles } from "../adopt/project-files.ts";
import { inventory } from "../inventory.ts";
import { editedCompose } from "../questions/adoption.ts";
import { appId, BUSYBOX, engineWorld } from "./engine-world.ts";

const world = engineWorld();
const { machine, run } = world;
const folders: string[] = [];
const projects: string[] = [];
afterAll(async () => {
  await world.end();
  for (const project of projects) execFileSync("docker", ["compose", "-p", project, "down", "--volumes"], { stdio: "ignore" });
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder with a compose project, as somebody has it on a server, started by hand. */
function byHand(project: string, files: Record<string, string>, ...options: string[]) {
  // A folder of /tmp belongs to nobody in particular.
  mkdirSync("/srv", { recursive: true });
  const folder = mkdtempSync("/srv/appos-adopt-");
  folders.push(folder);
  projects.push(project);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const up = () => execFileSync("docker", ["compose", "-p", project, ...options, "up", "-d"], { cwd: folder, stdio: "pipe" });
  up();
  return { folder, up };
}
const containersOf = async (project: string) =>
  (await machine.engine.containers({ project })).map(({ id, status, appId: app }) => ({ id, app, ...status }));
const idsOf = async (project: string) => (await containersOf(project)).map(({ id, startedAt }) => [id, startedAt]);
const filesOf = (project: string) => projectFiles(project, machine, new AbortController().signal);

async function adopt(name: string, project: string) {
  const { directory, compose, env } = await filesOf(project);
  return run("adopt-app", { name, release: 1, project, directory, compose, env });
}

const compose = `# ours
services:
  web:
    image: ${BUSYBOX}
    command: [sh, -c, "echo $\${WORD}; exec sleep 600"]
    environment: {WORD: "\${WORD:-none}", LITERAL: "a $$ sign"}
    env_file: .env
    stop_signal: KILL
    restart: unless-stopped
    ports: ["127.0.0.1:9377:80"]
    volumes: ["store:/store", "./conf:/conf:ro", "/cache"]
    depends_on: [db]
    healthcheck: {test: ["CMD", "true"], interval: 1s}
    deploy: {resources: {limits: {memory: 64M}}}
  db: {image: "${BUSYBOX}", command: [sleep, "600"], stop_signal: KILL}
volumes: {store: {}}
`;

test("a project that runs becomes an app without anything being made anew, stopped or started; a deployment of the same is none either", async () => {
  const { folder } = byHand("r-blog", { "compose.yaml": compose, ".env": "WORD='two words'\nDB_PASSWORD=pa$$word\n", "conf/a.conf": "x" });
  const before = await idsOf("r-blog");
  const found = (await findProjects(machine)).find(({ project }) => project === "r-blog");
  expect(found).toMatchObject({
    directory: folder,
    problem: null,
    volumes: ["r-blog_store"],
    services: [{ service: "db" }, { service: "web" }],
  });
  const files = await filesOf("r-blog");
  expect(files).toMatchObject({
    compose,
    notes: [],
    env: [
      { key: "WORD", value: "two words", secret: false },
      { key: "DB_PASSWORD", secret: true },
    ],
  });

  const adopted = await adopt("r-adopted", "r-blog");
  expect(adopted).toMatchObject({ outcome: "succeeded", result: { services: [{}, {}] } });
  expect(await idsOf("r-blog")).toEqual(before);
  const notes = adopted.said.filter(({ step, stream }) => step === "resolve" && stream === "note").map(({ text }) => text);
  expect(notes).toEqual([expect.stringContaining("is an app now")]);
  expect((await findProjects(machine)).map(({ project }) => project)).not.toContain("r-blog");
  expect(await inventory(machine)).toContainEqual({ appId: appId("r-adopted"), services: expect.arrayContaining([]), drift: [] });

  const again = { name: "r-adopted", compose: files.compose, env: files.env };
  expect(await run("deploy-app", { ...again, release: 2 })).toMatchObject({ outcome: "succeeded" });
  expect(await idsOf("r-blog")).toEqual(before);

  // What changes is made anew, and only that; from then on it carries our label.
  const changed = { ...again, compose: compose.replace("echo", "echo now"), release: 3 };
  expect(await run("deploy-app", changed)).toMatchObject({ outcome: "succeeded" });
  const after = await containersOf("r-blog");
  expect(after.map(({ service, id }) => [service, before.some(([was]) => was === id)])).toEqual([
    ["db", true],
    ["web", false],
  ]);
  expect(await run("rollback-app", { name: "r-adopted", release: 1 })).toMatchObject({ outcome: "succeeded" });

  expect(await run("stop-app", { name: "r-adopted" })).toMatchObject({ outcome: "succeeded" });
  expect((await containersOf("r-blog")).map(({ state }) => state)).toEqual(["exited", "exited"]);
  expect(await run("remove-app", { name: "r-adopted", volumes: "keep" })).toMatchObject({ result: { keptVolumes: ["r-blog_store"] } });
  expect(existsSync(join(folder, "conf/a.conf"))).toBe(true);
});

test("several files, and those that services read, are put together to what runs; what looks secret becomes a variable", async () => {
  const base = `services: {web: {image: "${BUSYBOX}", command: [sleep, "600"], stop_signal: KILL, env_file: [web.env], environment: {A: "1"}}}`;
  const over = `services: {web: {environment: {A: "2", B: "\${B}"}, labels: {x: "y"}}}`;
  byHand(
    "r-many",
    { "base.yml": base, "over.yml": over, "web.env": "API_KEY='k$ey\"1'\nPLAIN=p\n", "prod.env": "B=bee\n" },
    "-f",
    "base.yml",
    "-f",
    "over.yml",
    "--env-file",
    "prod.env",
  );
  const before = await idsOf("r-many");
  const { compose: text, env, notes } = await filesOf("r-many");
  expect(text).not.toContain("k$ey");
  expect(env).toEqual([
    { key: "B", value: "bee", secret: false },
    { key: "API_KEY", value: 'k$ey"1', secret: true },
    { key: "PLAIN", value: "p", secret: false },
  ]);
  expect(notes.join(" ")).toContain("base.yml, over.yml, web.env were put together");
  const adopted = await adopt("r-together", "r-many");
  expect(adopted).toMatchObject({ outcome: "succeeded" });
  expect(await run("deploy-app", { name: "r-together", release: 2, compose: text, env })).toMatchObject({ outcome: "succeeded" });
  expect(await idsOf("r-many")).toEqual(before);
});

test("what cannot be taken over says why; what was edited since it was started says so, and goes on", async () => {
  const plain = `services: {web: {image: "${BUSYBOX}", command: [sleep, "600"], stop_signal: KILL}}`;
  const { folder, up } = byHand("r-odd", { "compose.yaml": plain, "elsewhere.yaml": plain });
  rmSync(join(folder, "compose.yaml"));
  symlinkSync("/etc/passwd", join(folder, "compose.yaml"));
  const problem = async () => (await findProjects(machine)).find(({ project }) => project === "r-odd")?.problem;
  expect(await problem()).toContain("is reached through a link");
  rmSync(join(folder, "compose.yaml"));
  expect(await problem()).toContain("is gone");
  await expect(filesOf("r-odd")).rejects.toMatchObject({ error: { code: "INVALID_COMPOSE", message: expect.stringContaining("is gone") } });

  writeFileSync(join(folder, "compose.yaml"), plain.replace("web", "other"));
  await expect(filesOf("r-odd")).rejects.toMatchObject({
    error: { message: expect.stringContaining("web runs, and is in none of its files") },
  });
  writeFileSync(join(folder, "compose.yaml"), plain.replace("}}", ", volumes: ['/root:/root']}}"));
  const policyRefused = { error: { code: "POLICY_REFUSED", details: { rule: "host-mount" } } };
  await expect(filesOf("r-odd")).rejects.toMatchObject(policyRefused);
  const asked = { project: "r-odd", directory: folder, env: [], compose: plain.replace("}}", ", volumes: ['/root:/root']}}") };
  expect(await run("adopt-app", { name: "r-refused", release: 1, ...asked })).toMatchObject(policyRefused);
  expect((await findProjects(machine)).map(({ project }) => project)).toContain("r-odd");

  writeFileSync(join(folder, "compose.yaml"), plain.replace('"600"', '"601"'));
  const before = await idsOf("r-odd");
  const adopted = await adopt("r-edited", "r-odd");
  expect(adopted).toMatchObject({ outcome: "succeeded" });
  expect(await idsOf("r-odd")).toEqual(before);
  expect(adopted.said.map(({ text }) => text).join(" ")).toContain("web does not run as its file says");
  const [app] = (await inventory(machine)).filter((each) => each.appId === appId("r-edited"));
  expect(app?.drift).toMatchObject([{ service: "web", kind: "changed-by-hand", adopt: null }]);

  // Whoever goes on as before, in the folder of before, can have that taken over as well.
  const edited = plain.replace('"600"', '"602"');
  writeFileSync(join(folder, "compose.yaml"), edited);
  up();
  const [since] = (await inventory(machine)).filter((each) => each.appId === appId("r-edited"));
  expect(since?.drift).toMatchObject([{ service: "web", kind: "changed-by-hand", adopt: { what: "compose" } }]);
  const question = { machine, signal: new AbortController().signal };
  expect(await editedCompose({ appId: appId("r-edited"), name: "r-edited", by: null }, question)).toEqual({ compose: edited, env: [] });
});
