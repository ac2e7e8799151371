import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { dotenv } from "../commands/dotenv.ts";
import { appFolder } from "../jobs/app-folder.ts";
import { canonicalModel, canonicalText, readCanonical, undoubled } from "../jobs/canonical.ts";
import { map, type Part } from "../policy-model.ts";
import { engineWorld } from "./engine-world.ts";

const world = engineWorld();
afterAll(world.end);
const { machine } = world;
const app = await appFolder(machine, "h2-r");
const never = new AbortController().signal;

type Variables = { key: string; value: string }[];
const ask = (compose: string, env: Variables = []) =>
  machine.resolveCompose({ project: app.project, folder: app.path, compose, env: dotenv(env), files: [] }, never);
async function resolve(compose: string, env?: Variables): Promise<Part> {
  const answer = await ask(compose, env);
  if ("problem" in answer) throw new Error(answer.problem.join("\n"));
  return undoubled(answer.model);
}
const service = (model: Part) => map(map(model.services).w);
const deploy = (compose: string, env: Variables = []) => world.deploy("h2-r", 1, compose, { env });

/** Whatever could be mistaken for something else by one of the three readers on the way. */
const bits = [
  "\\",
  '"',
  "'",
  "$",
  "$$",
  "${A}",
  "#",
  "\n",
  "\r",
  "\r\n",
  "\t",
  " ",
  "=",
  "{",
  "}",
  "a",
  "0",
  "é",
  "😀",
  "`",
  "\u0001",
  "\\n",
  "\u2028",
  "\ufeff",
  "%",
  ":",
  "- ",
  "\u007f",
  "\u0085",
  "\u00a0",
  "\v",
  "\f",
  "yes",
  "0123",
  "1:30",
  "~",
  "null",
  "!!x",
  "&a",
  "*a",
];
let seed = 20_261_121;
const chance = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
const values = (count: number) =>
  Array.from({ length: count }, () => Array.from({ length: chance(9) }, () => bits[chance(bits.length)]).join(""));

test("every value reaches a container exactly as it was given, by interpolation and by env_file", async () => {
  const env = [...values(400), ...bits].map((value, i) => ({ key: `K${i}`, value }));
  const labels = env.map(({ key }) => `      ${key}: "\${${key}}"`).join("\n");
  const model = await resolve(`services:\n  w:\n    image: x\n    env_file: .env\n    labels:\n${labels}`, env);
  const wanted = Object.fromEntries(env.map(({ key, value }) => [key, value]));
  expect(service(model).labels).toEqual(wanted);
  expect(service(model).environment).toEqual(wanted);
});

test("the canonical file says the same when Compose reads it again, with nothing interpolated", async () => {
  const strange = Object.fromEntries(
    [...values(200), ...bits].map((value, i) => [`key ${i} ${value.replace(/[\0-\x1f\x7f-\x9f\ufeff\u2028]/g, "")}`, value]),
  );
  const compose = JSON.stringify({
    services: {
      w: {
        image: "x:1",
        command: Object.values(strange),
        labels: strange,
        ports: ["8080-8082:80-82", "127.0.0.1::53/udp"],
        mem_limit: "50m",
        healthcheck: { test: ["CMD", "a"], interval: "90s" },
      },
    },
  })
    .replaceAll("$", "$$$$")
    .replace(/[\x7f-\x9f\u2028\ufeff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const model = canonicalModel(await resolve(compose), { appId: "app_r", release: 1, before: undefined });
  expect(service(model).command).toEqual(Object.values(strange));

  const text = canonicalText(model);
  expect(readCanonical(text)).toEqual(model);
  const again = canonicalModel(await resolve(text, [{ key: "A", value: "wrong" }]), { appId: "app_r", release: 1, before: model });
  expect(again).toEqual(model);
});

test("nothing of the agent's own environment or files can be had", async () => {
  process.env.APPOS_CANARY = "CNRY-environment";
  writeFileSync(join(world.folder, "canary"), "CNRY=file\n");
  const own = await resolve(
    `services: {w: {image: x, command: "\${APPOS_CANARY:-none} \${HOME:-none} \${PATH:-none}", environment: [APPOS_CANARY, HOME]}}`,
  );
  expect(service(own)).toMatchObject({ command: ["none", "none", "none"], environment: { APPOS_CANARY: null, HOME: null } });
  for (const path of [join(world.folder, "canary"), "/etc/passwd", "../../../canary", "/proc/self/environ", "/docker-compose"]) {
    for (const compose of [
      `services: {w: {image: x, env_file: ["${path}"]}}`,
      `services: {w: {image: x, extends: {file: "${path}", service: w}}}`,
      `include: ["${path}"]\nservices: {w: {image: x}}`,
    ]) {
      expect(JSON.stringify(await ask(compose))).not.toMatch(/CNRY|root:|"model"/);
    }
  }
  for (const url of ["https://example.org/x.git", "oci://example.org/x", "git@example.org:x.git"]) {
    expect(await ask(`include: ["${url}"]\nservices: {w: {image: x}}`)).toHaveProperty("problem");
  }
});

test("an app's variables do not steer Compose itself", async () => {
  const env = Object.entries({
    COMPOSE_FILE: "../other/evil.yaml",
    COMPOSE_PROJECT_NAME: "victim",
    COMPOSE_PROFILES: "hidden",
    COMPOSE_ENV_FILES: "/etc/passwd",
    COMPOSE_PATH_SEPARATOR: "x",
    DOCKER_HOST: "tcp://evil:2375",
    DOCKER_CONTEXT: "evil",
    DOCKER_DEFAULT_PLATFORM: "linux/s390x",
    HOME: "/h",
    PATH: "/p",
    LD_PRELOAD: "/evil.so",
    GODEBUG: "x=1",
  }).map(([key, value]) => ({ key, value }));
  const model = await resolve(
    `services: {w: {image: x, command: "$DOCKER_HOST $HOME $PATH $LD_PRELOAD"}, h: {image: x, profiles: [hidden]}}`,
    env,
  );
  expect(model.name).toBe("appos-h2-r");
  expect(Object.keys(map(model.services))).toEqual(["w"]);
  expect(service(model)).toMatchObject({ command: ["tcp://evil:2375", "/h", "/p", "/evil.so"] });
  expect(service(model).platform ?? null).toBeNull();
});

test("an alias bomb is refused in seconds, and so is one that only Compose would see", async () => {
  const levels = Array.from({ length: 9 }, (_, i) => `x-${i + 1}: &x${i + 1} [${Array(9).fill(`*x${i}`).join(",")}]`).join("\n");
  const bomb = `x-0: &x0 [a,a,a,a,a,a,a,a,a]\n${levels}\nservices: {w: {image: x}}`;
  expect(await ask(bomb)).toMatchObject({ problem: [expect.stringContaining("too large")] });
  expect(await deploy(bomb)).toMatchObject({ error: { code: "INVALID_COMPOSE" } });
});

test.each([
  ["services:\n  w:\n    image: x\n   bad: y", { line: 4 }, /YAML/],
  ["services: {w: {image: x, foo: 1}}", {}, /services\.w Additional property foo is not allowed$/],
  ["foo: 1\nservices: {w: {image: x}}", {}, /Additional property foo/],
  ["services: {}", {}, /no services/],
  ["services: {w: {}}", {}, /neither an image nor a build context/],
  ["services: {w: {image: x, ports: [a]}}", {}, /containerPort/],
  ["services: {w: {image: x, build: .}}", { service: "w" }, /remove build/],
  ["services: {w: {image: x, profiles: [p]}}", {}, /every service is in a profile/],
  ['services: {w: {image: "${X:?say which}"}}', {}, /say which/],
])("a file that Compose refuses: %s", async (compose, where, words) => {
  const { outcome, error } = await deploy(compose);
  expect({ outcome, code: error?.code }).toEqual({ outcome: "failed", code: "INVALID_COMPOSE" });
  expect(error!.message).toMatch(words);
  expect(error!.message).not.toContain(machine.folder);
  expect(error!.details).toMatchObject({ step: "resolve", ...where });
});

test("a variable that is not set is noted", async () => {
  const { said } = await deploy("services: {w: {image: 'appos-test/busybox:1', command: ['true', $NOWHERE]}}");
  expect(said.map(({ text }) => text)).toContain('The "NOWHERE" variable is not set. Defaulting to a blank string.');
});
