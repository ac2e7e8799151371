import { execFileSync } from "node:child_process";
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { BUSYBOX, engineWorld } from "./engine-world.ts";

const world = engineWorld();
afterAll(() => world.end());

const at = (name: string, ...path: string[]) => join(world.folder, "agent/apps", name, ...path);
const exec = async (name: string, service: string, ...command: string[]) => {
  const container = (await world.containers(name)).find((each) => each.service === service)!;
  return execFileSync("docker", ["exec", container.id, ...command], { encoding: "utf8" });
};
const idsOf = async (name: string) => Object.fromEntries((await world.containers(name)).map(({ service, id }) => [service, id]));
const deploy = (name: string, release: number, compose: string, more: object) =>
  world.run("deploy-app", { name, release, compose, env: [], ...more });
const service = (name: string, rest: string) =>
  `  ${name}:\n    image: ${BUSYBOX}\n    command: sleep 1000\n    stop_grace_period: 0s\n${rest}`;
const volume = (text: string) => `    volumes: ["${text}"]\n`;

test("config files are mounted, and only services that mount one that changed are made anew", { timeout: 60_000 }, async () => {
  const compose = `services:\n${service("web", volume("./conf/site.conf:/site.conf:ro"))}${service("all", volume("./conf:/conf"))}${service("other", "")}`;
  const files = (site: string) => [
    { path: "conf/site.conf", content: site },
    { path: "conf/run.sh", content: "#!/bin/sh\necho ran\n", executable: true },
  ];
  expect(await deploy("cf-a", 1, compose, { files: files("one $x") })).toMatchObject({ outcome: "succeeded" });
  expect(await exec("cf-a", "web", "cat", "/site.conf")).toBe("one $x");
  expect(await exec("cf-a", "all", "/conf/run.sh")).toBe("ran\n");
  const first = await idsOf("cf-a");

  expect(await deploy("cf-a", 2, compose, { files: files("one $x") })).toMatchObject({ outcome: "succeeded" });
  expect(await idsOf("cf-a")).toEqual(first);

  expect(await deploy("cf-a", 3, compose, { files: files("two") })).toMatchObject({ outcome: "succeeded" });
  const third = await idsOf("cf-a");
  expect([third["web"] === first["web"], third["all"] === first["all"], third["other"] === first["other"]]).toEqual([false, false, true]);
  expect(await exec("cf-a", "web", "cat", "/site.conf")).toBe("two");

  const back = await world.run("rollback-app", { name: "cf-a", release: 1 });
  expect(back).toMatchObject({ outcome: "succeeded" });
  expect(await exec("cf-a", "web", "cat", "/site.conf")).toBe("one $x");

  expect(await deploy("cf-a", 4, `services:\n${service("other", "")}`, { files: [] })).toMatchObject({ outcome: "succeeded" });
  expect(() => lstatSync(at("cf-a", "conf"))).toThrow();

  expect(await deploy("cf-a", 5, compose, { files: files("three") })).toMatchObject({ outcome: "succeeded" });
  await world.run("remove-app", { name: "cf-a", volumes: "keep" });
  expect(() => lstatSync(at("cf-a"))).toThrow();
});

test("a deployment that fails leaves the config files as they were", { timeout: 60_000 }, async () => {
  const good = `services:\n${service("web", volume("./a.conf:/a.conf"))}`;
  const files = [{ path: "a.conf", content: "good" }];
  expect(await deploy("cf-b", 1, good, { files })).toMatchObject({ outcome: "succeeded" });
  const bad = `services:\n  web:\n    image: ${BUSYBOX}\n    command: sh -c 'exit 3'\n${volume("./a.conf:/a.conf")}`;
  expect(
    await deploy("cf-b", 2, bad, {
      files: [
        { path: "a.conf", content: "bad" },
        { path: "b.conf", content: "new" },
      ],
    }),
  ).toMatchObject({
    outcome: "failed",
    error: { details: { restored: 1 } },
  });
  expect(await exec("cf-b", "web", "cat", "/a.conf")).toBe("good");
  expect(readFileSync(at("cf-b", "a.conf"), "utf8")).toBe("good");
  expect(() => lstatSync(at("cf-b", "b.conf"))).toThrow();
});

test("a service reaches that of another app by the address that a variable holds", { timeout: 60_000 }, async () => {
  const pg = `services:\n  db:\n    image: ${BUSYBOX}\n    command: sh -c 'echo pong > /tmp/index.html && httpd -f -h /tmp -p 8080'\n    stop_grace_period: 0s\n`;
  expect(await world.deploy("cf-pg", 1, pg)).toMatchObject({ outcome: "succeeded" });
  const [db] = await world.containers("cf-pg");
  const env = [{ key: "DB_HOST", value: db!.container }];
  const blog = `services:\n${service("web", '    environment: {DB_HOST: "${DB_HOST}"}\n')}`;
  const joined = { env, joins: [{ name: "cf-pg", service: "db" }] };
  expect(await deploy("cf-blog", 1, blog, joined)).toMatchObject({ outcome: "succeeded" });
  expect(await exec("cf-blog", "web", "sh", "-c", "wget -qO- http://$DB_HOST:8080/")).toBe("pong\n");
  const before = await idsOf("cf-blog");
  expect(await deploy("cf-blog", 2, blog, joined)).toMatchObject({ outcome: "succeeded" });
  expect(await idsOf("cf-blog")).toEqual(before);
  expect(await world.run("stop-app", { name: "cf-blog" })).toMatchObject({ outcome: "succeeded" });
  expect(await world.run("start-app", { name: "cf-blog" })).toMatchObject({ outcome: "succeeded" });
  expect(await deploy("cf-blog", 3, blog, { env, joins: [{ name: "cf-pg", service: "cache" }] })).toMatchObject({
    outcome: "failed",
    error: { code: "NOT_DEPLOYED", message: expect.stringContaining("The service cache of the app cf-pg") },
  });
  expect(await world.run("remove-app", { name: "cf-pg", volumes: "keep" })).toMatchObject({ outcome: "succeeded" });
  expect(await world.machine.engine.networks("appos-cf-pg")).toEqual([]);
  expect(() => lstatSync(at("cf-pg"))).toThrow();
});

test("files that Compose reads by itself are read from the configuration", { timeout: 60_000 }, async () => {
  const compose = `services:\n  web:\n    extends: {file: base.yaml, service: base}\n    env_file: app.env\n`;
  const files = [
    { path: "base.yaml", content: `services:\n${service("base", "")}` },
    { path: "app.env", content: "WORD='a $b'\n" },
  ];
  expect(await deploy("cf-c", 1, compose, { files })).toMatchObject({ outcome: "succeeded" });
  expect(await exec("cf-c", "web", "sh", "-c", 'echo "$WORD"')).toBe("a $b\n");
});
