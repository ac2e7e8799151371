import { execFileSync } from "node:child_process";
import { afterAll, expect, test } from "vitest";
import type { PlanFindings } from "@appos/shared/plan";
import { questionKinds } from "@appos/shared/questions";
import { BUSYBOX, appId, engineWorld } from "../machine/engine-world.ts";
import { questions } from "../questions/index.ts";

const world = engineWorld();
afterAll(world.end);

type Variables = { key: string; value: string }[];
async function planned(name: string, compose: string, env: Variables = []): Promise<PlanFindings> {
  const input = questionKinds.plan.input.parse({ appId: appId(name), name, compose, env });
  return questions.plan(input, { machine: world.machine, signal: new AbortController().signal });
}
const changes = ({ services }: PlanFindings) => services.map(({ service, change, reasons }) => [service, change, reasons.join("; ")]);
const ids = ({ dangers }: PlanFindings, level = "stop") => dangers.filter((danger) => danger.level === level).map(({ id }) => id);

const app = (lines: { web?: string; more?: string; top?: string } = {}) => `services:
  web:
    image: ${BUSYBOX}
    command: [sleep, "600"]
    stop_signal: KILL
    ${lines.web ?? ""}
  db:
    image: ${BUSYBOX}
    command: [sh, -c, "date > /data/made; exec sleep 600"]
    stop_signal: KILL
    volumes: ["data:/data"]
${lines.more ?? ""}
volumes: {data: {}}
${lines.top ?? ""}`;

test("before the first deployment everything is made; after it the same plan says nothing happens", async () => {
  const before = await planned("plan-first", app());
  expect(changes(before)).toEqual([
    ["db", "create", ""],
    ["web", "create", ""],
  ]);
  expect(before).toMatchObject({
    liveRelease: null,
    images: [{ image: BUSYBOX, services: ["db", "web"], pull: false, bytes: expect.any(Number) }],
    volumes: [{ name: "appos-plan-first_data", change: "create" }],
    networks: [{ name: "appos-plan-first_default", change: "create" }],
  });
  expect(ids(before)).toEqual([]);
  expect(await world.machine.files.list(`${world.machine.folder}/apps/plan-first`)).toEqual([]);

  expect((await world.deploy("plan-first", 1, app())).outcome).toBe("succeeded");
  const after = await planned("plan-first", app());
  expect(changes(after)).toEqual([
    ["db", "unchanged", ""],
    ["web", "unchanged", ""],
  ]);
  expect(after).toMatchObject({ liveRelease: 1, volumes: [{ change: "keep" }], networks: [{ change: "keep" }] });
});

test("what changes is named, and what Compose then does is what was said", async () => {
  const first = app({
    web: "environment: {GREETING: hello, OLD: gone}",
    more: `  side: {image: "${BUSYBOX}", command: [sleep, "600"], network_mode: "service:web", stop_signal: KILL}`,
  });
  expect((await world.deploy("plan-change", 1, first)).outcome).toBe("succeeded");
  const was = await world.containers("plan-change");
  const second = app({
    web: `environment: {GREETING: goodbye}\n    ports: ["127.0.0.1:28417:80"]`,
    more: `  side: {image: "${BUSYBOX}", command: [sleep, "600"], network_mode: "service:web", stop_signal: KILL}\n  extra: {image: "${BUSYBOX}", command: [sleep, "600"], stop_signal: KILL}`,
  });
  const plan = await planned("plan-change", second);
  expect(changes(plan)).toEqual([
    ["db", "unchanged", ""],
    ["extra", "create", ""],
    ["side", "recreate", "web, in whose container it lives, is made anew"],
    ["web", "recreate", "variable GREETING changed; variable OLD removed; port 127.0.0.1:28417:80 added"],
  ]);
  expect(ids(plan, "warn")).toEqual(["env-removed:web:OLD"]);
  expect(JSON.stringify(plan)).not.toContain("goodbye");

  expect((await world.deploy("plan-change", 2, second)).outcome).toBe("succeeded");
  const now = await world.containers("plan-change");
  const stayed = now.filter(({ id }) => was.some((each) => each.id === id)).map(({ service }) => service);
  expect(stayed).toEqual(["db"]);
});

test("a volume under another name stops the deployment, and nothing was touched; confirmed, it goes through", async () => {
  expect((await world.deploy("plan-volume", 1, app())).outcome).toBe("succeeded");
  const was = await world.containers("plan-volume");
  const renamed = app().replaceAll("data:/data", "database:/data").replace("{data: {}}", "{database: {}}");
  const plan = await planned("plan-volume", renamed);
  expect(ids(plan)).toEqual(["volume-renamed:data"]);
  expect(plan.volumes).toEqual([
    { name: "appos-plan-volume_database", change: "create" },
    { name: "appos-plan-volume_data", change: "orphan" },
  ]);

  const stopped = await world.deploy("plan-volume", 2, renamed);
  expect(stopped).toMatchObject({
    outcome: "failed",
    error: { code: "CONFIRMATION_NEEDED", details: { step: "resolve", dangers: [{ id: "volume-renamed:data" }] } },
  });
  expect(await world.containers("plan-volume")).toEqual(was);
  expect(await world.machine.files.list(`${world.machine.folder}/apps/plan-volume/releases`)).toEqual(["1"]);

  const confirmed = await world.run("deploy-app", {
    name: "plan-volume",
    release: 2,
    compose: renamed,
    env: [],
    confirmed: ["volume-renamed:data"],
  });
  expect(confirmed.outcome).toBe("succeeded");
});

test("what a service is lent by its content is renewed when that changes, though Compose itself does not notice", async () => {
  const lends = (text: string) => `services:
  web:
    image: ${BUSYBOX}
    command: [sleep, "600"]
    stop_signal: KILL
    configs: [{source: greeting, target: /greeting}]
    secrets: [token]
  other: {image: "${BUSYBOX}", command: [sleep, "600"], stop_signal: KILL}
configs: {greeting: {content: "${text}"}}
secrets: {token: {environment: TOKEN}}`;
  const env = (value: string) => [{ key: "TOKEN", value, secret: true }];
  const read = () =>
    execFileSync("docker", ["exec", "appos-plan-lent-web-1", "cat", "/greeting", "/run/secrets/token"], { encoding: "utf8" });
  expect((await world.deploy("plan-lent", 1, lends("hello "), { env: env("first-token") })).outcome).toBe("succeeded");
  expect(read()).toBe("hello first-token");

  const plan = await planned("plan-lent", lends("goodbye "), env("second-token"));
  expect(changes(plan)).toEqual([
    ["other", "unchanged", ""],
    ["web", "recreate", "config greeting changed; secret token changed"],
  ]);
  expect((await world.deploy("plan-lent", 2, lends("goodbye "), { env: env("second-token") })).outcome).toBe("succeeded");
  expect(read()).toBe("goodbye second-token");
  expect(changes(await planned("plan-lent", lends("goodbye "), env("second-token")))).toEqual([
    ["other", "unchanged", ""],
    ["web", "unchanged", ""],
  ]);
});

test("a config file to which a service has written is not written over until somebody confirms", async () => {
  const compose = `services:
  web:
    image: ${BUSYBOX}
    command: [sh, -c, "echo token=x >> /conf/app.ini; exec sleep 600"]
    stop_signal: KILL
    volumes: ["./conf:/conf"]`;
  const deploy = (release: number, content: string, confirmed: string[] = []) =>
    world.run("deploy-app", { name: "plan-files", release, compose, env: [], files: [{ path: "conf/app.ini", content }], confirmed });
  const read = () => world.machine.files.read(`${world.machine.folder}/apps/plan-files/conf/app.ini`);
  expect((await deploy(1, "a=1\n")).outcome).toBe("succeeded");
  expect(await read()).toBe("a=1\ntoken=x\n");

  const stopped = await deploy(2, "a=2\n");
  expect(stopped.error).toMatchObject({
    code: "CONFIRMATION_NEEDED",
    details: { dangers: [{ id: "checkout-bind:./conf/app.ini", service: "web" }] },
  });
  expect(await read()).toBe("a=1\ntoken=x\n");
  expect((await deploy(2, "a=2\n", ["checkout-bind:./conf/app.ini"])).outcome).toBe("succeeded");
  expect(await read()).toBe("a=2\ntoken=x\n");

  // What a deployment does not change is left as the service wrote it, and nobody is asked.
  expect((await deploy(3, "a=2\n")).outcome).toBe("succeeded");
  expect(await read()).toBe("a=2\ntoken=x\n");
});
