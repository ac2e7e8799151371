import { createServer } from "node:http";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { BUSYBOX, engineWorld } from "./engine-world.ts";

const world = engineWorld();
afterAll(world.end);
const { deploy, containers } = world;

/** A web server that says one word. */
const web = (word: string, port: number, more = "") => `
services:
  web:
    image: ${BUSYBOX}
    command: ["sh", "-c", "mkdir -p /www; echo ${word} > /www/index.html; exec httpd -f -p 80 -h /www"]
    ports: ["127.0.0.1:${port}:80"]
    stop_signal: KILL
${more}`;
const healthy = (test: string) => `    healthcheck: {test: ["CMD-SHELL", "${test}"], interval: 100ms, timeout: 1s, retries: 3}\n`;
/** A container that is up may need a moment to listen. */
async function read(port: number) {
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch((error: Error) => (tries < 50 ? undefined : Promise.reject(error)));
    if (answer) return (await answer.text()).trim();
    await sleep(100);
  }
}

test("a deploy serves, in steps; the same file again makes nothing anew", async () => {
  const first = await deploy("h2-a", 1, web("one", 9321));
  expect(first).toMatchObject({
    outcome: "succeeded",
    steps: [
      "check started",
      "check succeeded",
      "resolve started",
      "resolve succeeded",
      "pull skipped",
      "start started",
      "start succeeded",
      "health started",
      "health succeeded",
    ],
    result: {
      images: [{ service: "web", image: BUSYBOX, digest: expect.stringMatching(/^sha256:/) }],
      services: [{ service: "web", state: "running", ports: [{ hostIp: "127.0.0.1", hostPort: 9321 }] }],
    },
  });
  expect(await read(9321)).toBe("one");
  const before = await containers("h2-a");

  expect(await deploy("h2-a", 2, web("one", 9321))).toMatchObject({ outcome: "succeeded" });
  expect(await containers("h2-a")).toEqual(before);
});

test("a changed service is made anew, the others are left alone", async () => {
  const two = (word: string) => web(word, 9321, `  other: {image: "${BUSYBOX}", command: [sleep, "600"], stop_signal: KILL}`);
  await deploy("h2-a", 3, two("two"));
  const before = await containers("h2-a");
  await deploy("h2-a", 4, two("three"));
  const after = await containers("h2-a");

  expect(await read(9321)).toBe("three");
  const idOf = (all: typeof before, service: string) => all.find((each) => each.service === service)!.id;
  expect(idOf(after, "other")).toBe(idOf(before, "other"));
  expect(idOf(after, "web")).not.toBe(idOf(before, "web"));
});

test("a service that does not become healthy: the release before is put back and serves", async () => {
  await deploy("h2-b", 1, web("good", 9322, healthy("true")));
  const ending = await deploy("h2-b", 2, web("bad", 9322, healthy("echo it is broken; false")));

  expect(ending).toMatchObject({
    outcome: "failed",
    error: { code: "UNHEALTHY", details: { step: "health", service: "web", restored: 1, lines: expect.arrayContaining(["it is broken"]) } },
  });
  expect(ending.steps.slice(-4)).toEqual(["health started", "health failed", "restore started", "restore succeeded"]);
  expect(await read(9322)).toBe("good");
  expect((await containers("h2-b")).map(({ health }) => health)).toEqual(["healthy"]);
});

test("a first deploy that fails leaves nothing running", async () => {
  const ending = await deploy("h2-c", 1, `services: {w: {image: "${BUSYBOX}", command: [sh, -c, "echo out of luck; exit 3"]}}`);
  expect(ending).toMatchObject({
    outcome: "failed",
    error: {
      code: "UNHEALTHY",
      message: expect.stringContaining("exit code 3"),
      details: { service: "w", restored: null, lines: ["out of luck"] },
    },
  });
  expect(await containers("h2-c")).toEqual([]);
});

test("a service that keeps falling over is unhealthy; one that ends well with nothing more to do is not", async () => {
  const one = (command: string, restart: string) =>
    `services: {w: {image: "${BUSYBOX}", command: [sh, -c, "${command}"], restart: "${restart}"}}`;
  expect(await deploy("h2-c", 2, one("exit 1", "always"))).toMatchObject({
    error: { code: "UNHEALTHY", message: expect.stringContaining("restarted 5 times") },
  });
  expect(await deploy("h2-c", 3, one("exit 0", "no"))).toMatchObject({
    outcome: "succeeded",
    result: { services: [{ state: "exited", exitCode: 0 }] },
  });
});

test("a service on which another waits, and which does not become healthy", async () => {
  const compose = `services:
  db: {image: "${BUSYBOX}", command: [sleep, "600"], stop_signal: KILL, healthcheck: {test: [CMD-SHELL, "echo no; exit 1"], interval: 100ms, retries: 2}}
  web: {image: "${BUSYBOX}", command: [sleep, "600"], stop_signal: KILL, depends_on: {db: {condition: service_healthy}}}`;
  expect(await deploy("h2-c", 4, compose)).toMatchObject({
    error: { code: "UNHEALTHY", details: { step: "start", service: "db", restored: 3, lines: ["no"] } },
  });
});

test("a port that another container has, or another program: the release before runs on", async () => {
  const taken = await deploy("h2-b", 3, web("thief", 9321));
  expect(taken).toMatchObject({
    error: {
      code: "PORT_TAKEN",
      message: expect.stringMatching(/^Port 9321 is already taken by the container appos-h2-a-web-1\./),
      details: { step: "start", service: "web", restored: 1 },
    },
  });
  expect(await read(9322)).toBe("good");

  const server = createServer().listen(9323, "127.0.0.1");
  await once(server, "listening");
  const again = await deploy("h2-b", 4, web("thief", 9323));
  server.close();
  expect(again).toMatchObject({
    error: { code: "PORT_TAKEN", message: expect.stringContaining(`(process ${process.pid})`), details: { restored: 1 } },
  });
  expect(await read(9322)).toBe("good");
});

test("an image that its registry does not have: nothing that runs is touched", async () => {
  const registry = createServer((request, response) => {
    const found = request.url === "/v2/";
    response.writeHead(found ? 200 : 404, { "content-type": "application/json", "docker-distribution-api-version": "registry/2.0" });
    response.end(found ? "{}" : JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] }));
  }).listen(9325, "127.0.0.1");
  await once(registry, "listening");
  const before = await containers("h2-b");
  const ending = await deploy("h2-b", 5, `services: {web: {image: "localhost:9325/no/such:1"}}`);
  registry.close();

  expect(ending).toMatchObject({
    error: {
      code: "IMAGE_NOT_FOUND",
      message: expect.stringContaining("localhost:9325/no/such:1"),
      details: { step: "pull", service: "web" },
    },
  });
  expect(await containers("h2-b")).toEqual(before);
  expect(await deploy("h2-b", 6, `services: {web: {image: "localhost:9326/no/such:1"}}`)).toMatchObject({
    error: { code: "REGISTRY_UNREACHABLE", message: expect.stringContaining("refused") },
  });
});

test("a deploy canceled while it starts: the release before is put back", async () => {
  const stop = new AbortController();
  const onSay = ({ text }: { text: string }) => /Starting|Started/.test(text) && stop.abort("canceled");
  const ending = await deploy("h2-b", 7, web("never", 9322, healthy("false")), { signal: stop.signal, onSay });
  expect(ending).toMatchObject({ outcome: "canceled", steps: expect.arrayContaining(["start canceled", "restore succeeded"]) });
  expect(await read(9322)).toBe("good");
});

test("an app that was stopped is put back stopped", async () => {
  await world.run("stop-app", { name: "h2-b" });
  expect(await deploy("h2-b", 8, web("bad", 9322, healthy("false")))).toMatchObject({ error: { details: { restored: 1 } } });
  expect((await containers("h2-b")).map(({ state }) => state)).toEqual(["created"]);
});
