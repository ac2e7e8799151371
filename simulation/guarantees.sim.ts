import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { mutations } from "./mutations.ts";
import { onceFailed } from "./once-failed.ts";

const run = promisify(execFile);
const SEEDS = 10_000;
/** How many a broken protocol may live through before it is seen. */
const SEEN_WITHIN = 3_000;

async function simulate(...args: string[]): Promise<{ code: number; said: string }> {
  const script = join(import.meta.dirname, "../scripts/simulate.mjs");
  return run(process.execPath, [script, ...args], { maxBuffer: 2 ** 26 }).then(
    ({ stdout, stderr }) => ({ code: 0, said: stdout + stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, said: stdout + stderr }),
  );
}

test(`whatever breaks, nothing is lost: ${SEEDS} seeds`, async () => {
  const { code, said } = await simulate("--seeds", String(SEEDS));
  expect(said).toContain("0 broke a guarantee");
  expect(code).toBe(0);
});

test.each(onceFailed)("seed $seed, which once showed that $showed", async ({ seed }) => {
  expect(await simulate("--seeds", "1", "--from", String(seed))).toMatchObject({ code: 0 });
});

test("a seed is the same life each time, whoever lived before it in the same process", async () => {
  const lives = async (from: number, seeds: number) => {
    const args = [join(import.meta.dirname, "main.ts"), "--from", `${from}`, "--seeds", `${seeds}`, "--trace"];
    const { stdout } = await run(process.execPath, args, { maxBuffer: 2 ** 26 });
    // All but the sum at the end.
    return stdout.trimEnd().split("\n").slice(0, -1);
  };
  // In the one before, the control plane's clock is set ten years ahead.
  const [after, alone] = await Promise.all([lives(1059, 2), lives(1060, 1)]);
  expect(alone.length).toBeGreaterThan(20);
  expect(after.slice(-alone.length)).toEqual(alone);
});

describe("a protocol that is broken on purpose is seen to be", () => {
  test.each(mutations)("$name: $breaks", async ({ name, from = 1 }) => {
    const { code, said } = await simulate("--long", "--from", String(from), "--seeds", String(SEEN_WITHIN), "--break", name);
    expect(said).toMatch(/seed \d+: /);
    expect(code).toBe(1);
  });
});
