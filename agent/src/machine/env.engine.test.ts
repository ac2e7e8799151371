import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { parseDotenv, printDotenv } from "@appos/shared/dotenv";
import { dotenv } from "../commands/dotenv.ts";
import { undoubled } from "../jobs/canonical.ts";
import { map } from "../policy-model.ts";
import { BUSYBOX, engineWorld } from "./engine-world.ts";

const world = engineWorld();
afterAll(() => world.end());

const pem = `-----BEGIN PRIVATE KEY-----\n${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC".repeat(20)}\n-----END PRIVATE KEY-----\n`;
const awkward = [
  "",
  " ",
  "  both ends  ",
  "$HOME",
  "${HOME}",
  "$$",
  "$(id)",
  "`id`",
  "a\\",
  "\\",
  "\\n",
  "it's",
  '"',
  '"quoted"',
  "#",
  "a #b",
  "=",
  "a=b",
  "line\nline\n",
  "\r\n",
  "\t",
  "\u0001\u001b[31m",
  "\u007f",
  "\u2028",
  "\ufeff",
  "é",
  "日本語",
  "🙂👩‍👩‍👧",
  "{}",
  '{"a": ["$b", \'c\']}',
  "yes",
  "0x10",
  "1e3",
  "null",
  "~",
  "!tag",
  "&a",
  "*a",
  "- a",
  "? a",
  "a: b",
  "%a",
  "@a",
  pem,
  "x".repeat(65_536),
  "é".repeat(32_768),
];
const value = fc.string({
  unit: fc.oneof(fc.constantFrom(..."$\\\"'`#={}\n\r\t :%&*"), fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 })),
  maxLength: 40,
});
const wellFormed = value.filter((text) => text.isWellFormed() && !text.includes("\0"));

/** What the first process of an app's only container was started with. */
async function environ(name: string): Promise<Map<string, string>> {
  const [container] = await world.containers(name);
  const text = execFileSync("docker", ["exec", container!.id, "cat", "/proc/1/environ"], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return new Map(
    text
      .split("\0")
      .filter(Boolean)
      .map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
}
const hold = "sleep 1000";

test("every value reaches the container byte for byte, in each way a compose file can hand it over", { timeout: 60_000 }, async () => {
  const random = fc.sample(wellFormed, { numRuns: 150, seed: 5 });
  const small = [...awkward, ...random].map((text, i) => ({ key: `V${i}`, value: text }));
  const interpolated = small.map(({ key }) => `      ${key}: "\${${key}}"`).join("\n");
  const bare = small.map(({ key }) => `      - ${key}`).join("\n");
  const ways = { interpolated: `environment:\n${interpolated}`, bare: `environment:\n${bare}`, file: "env_file: .env" };
  for (const [way, how] of Object.entries(ways)) {
    const compose = `services:\n  web:\n    image: ${BUSYBOX}\n    command: ${hold}\n    stop_grace_period: 0s\n    ${how}\n`;
    const ending = await world.deploy(`env-${way}`, 1, compose, { env: small });
    expect(ending, way).toMatchObject({ outcome: "succeeded" });
    const there = await environ(`env-${way}`);
    for (const { key, value: wanted } of small) expect([way, key, there.get(key)]).toEqual([way, key, wanted]);
  }
});

test("what is exported is read by Compose as it was, and what Compose reads is imported so", { timeout: 60_000 }, async () => {
  const signal = new AbortController().signal;
  const read = async (env: string, keys: string[]) => {
    const compose = `services: {web: {image: x, environment: {${keys.map((key) => `${key}: "\${${key}}"`).join(", ")}}}}`;
    const answer = await world.machine.resolveCompose({ project: "p", folder: "/srv/p", compose, env, files: [] }, signal);
    if ("problem" in answer) throw new Error(answer.problem.join("\n"));
    const environment = map(map(map(undoubled(answer.model).services).web).environment);
    return keys.map((key) => environment[key]);
  };
  const values = [...awkward.filter((text) => text.length < 5_000), ...fc.sample(wellFormed, { numRuns: 300, seed: 7 })];
  const entries = values.map((text, i) => ({ key: `V${i}`, value: text }));
  const keys = entries.map(({ key }) => key);
  expect(await read(printDotenv(entries), keys)).toEqual(values);
  expect(await read(dotenv(entries), keys)).toEqual(values);
  expect(parseDotenv(printDotenv(entries)).entries.map((entry) => entry.value)).toEqual(values);

  const written = "A=1\nB=\"x ${A} \\$y\\n\"\nC='$A'\nexport D=${A}-${A:-no}\nE: yaml # said\nF=a#b\n";
  const imported = parseDotenv(written).entries;
  expect(
    await read(
      written,
      imported.map(({ key }) => key),
    ),
  ).toEqual(imported.map((entry) => entry.value));
  expect(imported).toHaveLength(6);
});
