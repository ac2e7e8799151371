import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../world/api.ts";
import { visitor } from "../world/browser.ts";
import { heading, presses, reads, signsIn, succeeds } from "../world/console.ts";
import { administrator, controlPlaneWithServer } from "../world/control-plane.ts";
import { answerAt, docker, sweepKeepers } from "../world/docker.ts";
import { atEnd, endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { folder, named, port as freePort } from "../world/places.ts";
import { run } from "../world/program.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let admin: Api;
let page: Page;
let port: number;
let place: string;
const project = named("blog");
const other = named("other");

/** As somebody has it who never heard of AppOS. */
async function byHand(name: string, files: Record<string, string>) {
  const at = folder(name);
  for (const [path, text] of Object.entries(files)) writeFileSync(join(at, path), text);
  atEnd(async () => {
    await sweepKeepers(name);
    await run("docker", ["compose", "-p", name, "down", "--volumes"]);
  });
  await run("docker", ["compose", "-p", name, "up", "-d"], { cwd: at });
  return at;
}
const idsOf = (name: string) => docker("ps", "-aq", "--no-trunc", "--filter", `label=com.docker.compose.project=${name}`);
const startedAt = async (name: string) =>
  docker("inspect", "--format", "{{.State.StartedAt}} {{.RestartCount}}", ...(await idsOf(name)).split("\n"));
const found = async (name: string) => {
  const { items } = await admin.get<{ items: { project: string; leftAlone: boolean; problem: string | null }[] }>("servers/local/projects");
  return items.find((each) => each.project === name);
};
const row = (name: string) =>
  page.getByRole("list", { name: "Compose projects that are no apps" }).getByRole("listitem").filter({ hasText: name });

beforeAll(async () => {
  await buildImages();
  port = await freePort();
  place = await byHand(project, {
    "compose.yaml": `services:\n  web:\n    image: appos-test/web:1\n    ports: ["\${PORT}:80"]\n    volumes: [data:/data]\n    environment: {TOKEN: "\${API_TOKEN}"}\nvolumes: {data: {}}\n`,
    ".env": `PORT=${port}\nAPI_TOKEN='t0p $ecret'\n`,
  });
  await byHand(other, { "compose.yaml": "services: {web: {image: appos-test/web:2}}\n" });
  const world = await controlPlaneWithServer();
  admin = world.admin;
  page = await visitor(world.controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");
});

test("a project that runs on the server becomes an app with one click, and nothing of it is made anew", async () => {
  const before = [await idsOf(project), await startedAt(project)];
  await page.goto("/servers/local");
  await heading(page, "Found on this server");
  await row(project).getByRole("button", { name: "Adopt" }).click();
  await heading(page, `Adopt ${project}`);
  await page.getByRole("dialog").getByRole("button", { name: "Adopt", exact: true }).click();
  await page.waitForURL(/\/deployments\/dep_/);
  await succeeds(page);
  expect([await idsOf(project), await startedAt(project)]).toEqual(before);

  const app = await until("it is seen to run", async () => {
    const view = await admin.app(project);
    return view.status === "running" ? view : undefined;
  });
  expect(app).toMatchObject({ liveRelease: 1, version: 1, drift: [], services: [{ service: "web", ports: [{ hostPort: port }] }] });
  expect(await found(project)).toBeUndefined();
  const { env } = await admin.get<{ env: { key: string; value: string | null; secret: boolean }[] }>(`apps/${project}/env`);
  expect(env).toMatchObject([
    { key: "PORT", value: String(port), secret: false },
    { key: "API_TOKEN", value: null, secret: true },
  ]);

  // A deployment of the same is none either; what changes is made anew where it always was.
  expect(await admin.settled((await admin.deploy(project)).id)).toMatchObject({ status: "succeeded" });
  expect([await idsOf(project), await startedAt(project)]).toEqual(before);
  const { compose } = await admin.version(project, 1);
  await admin.saveCompose(project, compose.replace("web:1", "web:2"));
  expect(await admin.settled((await admin.deploy(project)).id)).toMatchObject({ status: "succeeded" });
  expect(await until("version 2 answers", async () => ((await answerAt(port))?.includes("version 2") ? "yes" : undefined))).toBe("yes");
  expect(await docker("ps", "-aq", "--filter", `label=com.docker.compose.project=appos-${project}`)).toBe("");
  expect(await docker("volume", "ls", "-q", "--filter", `label=com.docker.compose.project=${project}`)).toBe(`${project}_data`);
  expect(place).toBeTruthy();
});

test("one that is left alone is out of sight, and comes back when it is asked for", async () => {
  await page.goto("/servers/local");
  await row(other).getByRole("button", { name: "Leave alone" }).click();
  await row(other).waitFor({ state: "detached" });
  expect(await found(other)).toMatchObject({ leftAlone: true });
  await presses(page, /left alone$/);
  await row(other).getByRole("button", { name: "Notice again" }).click();
  await until("it is noticed", async () => (await found(other))?.leftAlone === false || undefined);
  await expect(admin.post(`servers/local/projects/nothing/adopt`, { name: "nothing" })).rejects.toMatchObject({ status: 400 });
  await reads(page, "Found on this server");
});
