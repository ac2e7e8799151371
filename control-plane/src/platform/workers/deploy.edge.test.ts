import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../../..");

test("wrangler would deploy what is built, and it is small enough", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, "scripts/deploy-workers.mjs"), "--dry-run"]);
  expect(stdout).toContain("wrangler would deploy it");
  const [, kib] = /the worker has (\d+) KiB compressed; 3072 KiB are allowed/.exec(stdout)!;
  expect(Number(kib)).toBeGreaterThan(50);
});
