import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { keepProxy } from "../proxy/keeper.ts";
import { BUSYBOX, engineWorld } from "./engine-world.ts";
import type { Machine } from "./machine.ts";
import { CADDY, NGINX } from "./proxy-world.ts";

const PORTS = { http: 18_090, https: 18_493 };
const world = engineWorld({ proxy: { ...PORTS, images: { caddy: CADDY, nginx: NGINX, traefik: "" } } });
const { machine } = world;
const NAME = "beside.test";
const docker = (...args: string[]) => execFileSync("docker", args, { encoding: "utf8", stdio: "pipe" });

/** A service that says its word over HTTP, and repeats at another port what it hears over what calls itself a websocket. */
const app = (word: string, more = "") => `services:
  web:
    image: ${BUSYBOX}
    stop_grace_period: 1s
    labels: {appos.drain: "4s"}
    command:
      - /bin/sh
      - -c
      - |
        mkdir -p /tmp/www; echo ${word} > /tmp/www/index.html
        echo 'while read -r l; do [ "$\${#l}" -le 1 ] && break; done; printf "HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n"; exec cat' > /tmp/echo.sh
        nc -ll -p 8081 -e /bin/sh /tmp/echo.sh &
        exec httpd -f -p 8080 -h /tmp/www
${more}`;
const site = {
  name: NAME,
  https: "off",
  routes: [
    { path: "/", app: "beside", service: "web", port: 8080 },
    { path: "/ws", app: "beside", service: "web", port: 8081 },
  ],
};
const apply = (driver: string, sites: object[] = [site]) =>
  world.run("apply-sites", { driver, acme: { directory: "https://acme.test/dir" }, sites });

const listener = globalThis as { apposFailpoint?: ((name: string) => void) | undefined };
beforeAll(async () => {
  expect(await world.deploy("beside", 1, app("v1"))).toMatchObject({ outcome: "succeeded" });
  expect(await apply("caddy")).toMatchObject({ outcome: "succeeded" });
}, 60_000);
afterEach(() => void (listener.apposFailpoint = undefined));
afterAll(async () => {
  await apply("caddy", []);
  docker("volume", "rm", "--force", `appos_proxy_${PORTS.http}_data`);
  await world.end();
}, 60_000);

const get = (agent: Agent) =>
  new Promise<string>((resolve) => {
    const asked = request({ host: "127.0.0.1", port: PORTS.http, headers: { host: NAME }, agent }, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (part: string) => (body += part));
      answer.on("end", () => resolve(answer.statusCode === 200 ? body.trim() : `status ${answer.statusCode}`));
      answer.on("error", (error) => resolve(String(error)));
    });
    asked.on("error", (error) => resolve(String(error)));
    asked.end();
  });
const word = () => get(new Agent({ keepAlive: false }));

/** Visitors who come one after the other, some on connections of their own and some on one that stays open. */
function visitors(count: number) {
  const answers = new Map<string, number>();
  let isOver = false;
  const all = Array.from({ length: count }, async (_, i) => {
    const agent = new Agent({ keepAlive: i % 2 === 0, maxSockets: 1 });
    while (!isOver) {
      const answer = await get(agent);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
    agent.destroy();
  });
  return {
    answers,
    async end() {
      isOver = true;
      await Promise.all(all);
      return [...answers.keys()].sort();
    },
  };
}

/** Resolves once it is open; `closed` with when it was closed. */
function websocket(): Promise<{ socket: Socket; closed: Promise<number>; heard: () => string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(PORTS.http, "127.0.0.1");
    let heard = "";
    const closed = new Promise<number>((end) => socket.on("close", () => end(performance.now())));
    socket.on("error", reject);
    socket.on("data", (bytes) => {
      heard += String(bytes);
      if (heard.includes("\r\n\r\n")) resolve({ socket, closed, heard: () => heard });
    });
    socket.write(`GET /ws HTTP/1.1\r\nHost: ${NAME}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  });
}

const names = async () => (await world.containers("beside")).map(({ container }) => container);

test.each([
  ["nginx", "nginx.conf", 2],
  ["caddy", "config.json", 4],
])(
  "behind %s, a deployment meets no visitor with nobody, and what is open may go on for a while",
  async (driver, file, release) => {
    expect(await apply(driver)).toMatchObject({ outcome: "succeeded" });
    const stop = new AbortController();
    keepProxy({ machine, inLane: (_, task) => task(), warn: (said) => expect.unreachable(said), signal: stop.signal });
    const config = () => readFileSync(join(machine.folder, "proxy/config", file), "utf8");
    const before = config();
    const load = visitors(10);
    const sockets: Awaited<ReturnType<typeof websocket>>[] = [];
    while (sockets.length < 100) sockets.push(...(await Promise.all(Array.from({ length: 10 }, websocket))));
    let served = Infinity;
    listener.apposFailpoint = (name) =>
      void (name === "agent: the next containers serve" && (served = Math.min(served, performance.now())));
    expect(await world.deploy("beside", release, app(`v${release}`))).toMatchObject({ outcome: "succeeded" });
    for (const { socket, closed, heard } of sockets) {
      expect(heard()).toContain("101 Switching Protocols");
      expect((await closed) - served).toBeGreaterThan(3_900);
      socket.destroy();
    }
    expect(await word()).toBe(`v${release}`);
    expect(await world.deploy("beside", release + 1, app(`v${release + 1}`))).toMatchObject({ outcome: "succeeded" });
    expect(await load.end()).toEqual([release - 1, release, release + 1].map((each) => `v${each}`));
    // Nothing was reloaded for it.
    expect(config()).toBe(before);
    stop.abort();
    expect(await names()).toEqual(["appos-beside-web-1"]);
  },
  90_000,
);

test("what does not become well is never led to, and nothing of it stays", async () => {
  const load = visitors(4);
  const before = await world.containers("beside");
  const sick = app("sick", `    healthcheck: {test: ["CMD", "false"], interval: 1s, retries: 1}\n`);
  expect(await world.deploy("beside", 6, sick)).toMatchObject({ outcome: "failed", error: { code: "UNHEALTHY" } });
  expect(await load.end()).toEqual(["v5"]);
  expect((await world.containers("beside")).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
}, 60_000);

test("what it waits for comes first and runs once, what waits for it comes after, and nothing is made anew that need not be", async () => {
  const compose = (word: string) => `services:
  db: {image: "${BUSYBOX}", command: [sleep, "600"], stop_grace_period: 0s, healthcheck: {test: ["CMD", "true"], interval: 1s}}
  migrate: {image: "${BUSYBOX}", command: [sh, -c, "echo ${word}"], depends_on: {db: {condition: service_healthy}}}
  seed: {image: "${BUSYBOX}", command: [sh, -c, "echo run"]}
  worker: {image: "${BUSYBOX}", command: [sleep, "600"], stop_grace_period: 0s, depends_on: [web]}
  web:
    image: ${BUSYBOX}
    stop_grace_period: 1s
    labels: {appos.drain: 1s}
    secrets: [word]
    depends_on: {db: {condition: service_healthy}, migrate: {condition: service_completed_successfully}}
    command: [sh, -c, "mkdir /tmp/www; echo ${word} $$(cat /run/secrets/word) > /tmp/www/index.html; nc -ll -p 8081 -e /bin/cat & exec httpd -f -p 8080 -h /tmp/www"]
secrets: {word: {environment: WORD}}
`;
  const env = [{ key: "WORD", value: "hidden", secret: true }];
  const ids = async () => new Map((await world.containers("beside")).map(({ service, id }) => [service, id]));
  const ran = async (service: string) =>
    docker("logs", (await ids()).get(service)!)
      .trim()
      .split("\n");
  await world.deploy("beside", 9, compose("one"), { env });
  expect(await word()).toBe("one hidden");
  const before = await ids();
  const seeded = (await ran("seed")).length;
  const load = visitors(4);
  const ending = await world.deploy("beside", 10, compose("two"), { env });
  expect(ending, JSON.stringify(ending)).toMatchObject({ outcome: "succeeded" });
  expect(await load.end()).toEqual(["one hidden", "two hidden"]);
  const after = await ids();
  for (const service of ["db", "worker", "seed"]) expect(after.get(service), service).toBe(before.get(service));
  for (const service of ["web", "migrate"]) expect(after.get(service), service).not.toBe(before.get(service));
  expect(await ran("migrate")).toEqual(["two"]);
  expect(await ran("seed")).toHaveLength(seeded + 1);
  expect(await world.deploy("beside", 11, compose("two"), { env })).toMatchObject({ outcome: "succeeded" });
  expect((await ids()).get("web")).toBe(after.get("web"));
  expect(await world.deploy("beside", 12, app("v12"))).toMatchObject({ outcome: "succeeded" });
  expect(await names()).toHaveLength(1);
}, 90_000);

test("where two cannot run at once, it is said why, and one takes the place of the other", async () => {
  const fixed = app("fixed", `    ports: ["127.0.0.1:18094:8080"]\n`);
  const ending = await world.deploy("beside", 13, fixed);
  expect(ending.said.map(({ text }) => text)).toContainEqual(
    expect.stringContaining("web is stopped before its next container starts: it publishes a port"),
  );
  expect(await word()).toBe("fixed");
  expect(await world.deploy("beside", 14, app("v14"))).toMatchObject({ outcome: "succeeded" });
}, 60_000);

/** As when the agent is killed: nothing of it does anything from then on. */
async function killedAt(moment: string, job: () => Promise<unknown>): Promise<boolean> {
  const { run, engine, files } = machine;
  const never = () => new Promise<never>(() => {});
  const dead = <T extends object>(of: T) => Object.fromEntries(Object.keys(of).map((key) => [key, never])) as unknown as T;
  const killed = new Promise<boolean>((resolve) => {
    listener.apposFailpoint = (name) => {
      if (name !== moment) return;
      Object.assign(machine as { -readonly [K in keyof Machine]: Machine[K] }, { run: never, engine: dead(engine), files: dead(files) });
      resolve(true);
      throw new Error("killed");
    };
  });
  const end = await Promise.race([killed, job().then(() => false)]);
  // Until all of it has come to something that never ends.
  await sleep(200);
  listener.apposFailpoint = undefined;
  Object.assign(machine, { run, engine, files });
  return end;
}

test("killed at any moment, exactly one serves, and the next attempt ends what was begun", async () => {
  let release = 20;
  const moments = ["are noted", "are ready", "have their names", "serve"].map((each) => `agent: the next containers ${each}`);
  for (const moment of [...moments, "agent: the last containers are gone"]) {
    const [was, is] = [await word(), `v${++release}`];
    const load = visitors(4);
    expect(await killedAt(moment, () => world.deploy("beside", release, app(is))), moment).toBe(true);
    const answers = new Set(await Promise.all(Array.from({ length: 10 }, word)));
    expect([...answers], moment).toEqual([moment.endsWith("serve") || moment.endsWith("gone") ? is : was]);
    const second = await world.deploy("beside", release, app(is), { attempt: 2 });
    expect(second, JSON.stringify(second)).toMatchObject({ outcome: "succeeded" });
    expect(await load.end(), moment).toEqual([was, is].sort());
    expect(await names(), moment).toHaveLength(1);
  }
}, 180_000);
