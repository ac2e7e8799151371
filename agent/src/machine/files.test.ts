import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { filesBelow } from "./files.ts";

const folder = mkdtempSync(join(tmpdir(), "appos-files-"));
const files = filesBelow(folder);
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("what was written is there, whole, for its owner only, with nothing beside it", async () => {
  const path = join(folder, "a/b/c");
  await files.write({ [path]: "one", [join(folder, "a/d")]: "two" });
  await files.write({ [path]: "three" });
  expect(await files.read(path)).toBe("three");
  expect(readdirSync(join(folder, "a/b"))).toEqual(["c"]);
  expect([statSync(path).mode & 0o777, statSync(join(folder, "a")).mode & 0o777]).toEqual([0o600, 0o700]);
});

test("what is not there is nothing, and may be removed", async () => {
  expect(await files.read(join(folder, "none"))).toBeUndefined();
  expect(await files.list(join(folder, "none"))).toEqual([]);
  await files.remove(join(folder, "none"));
});

test("nothing outside the agent's folder", async () => {
  for (const path of ["/etc/passwd", `${folder}/../x`, folder, `${folder}-other/x`]) {
    await expect(async () => files.read(path)).rejects.toThrow("not below");
    await expect(async () => files.remove(path)).rejects.toThrow("not below");
  }
});

test("a file takes a link's place instead of following it", async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "target"), "safe");
  symlinkSync(join(folder, "target"), join(folder, "link"));
  await files.write({ [join(folder, "link")]: "new" });
  expect(await files.read(join(folder, "target"))).toBe("safe");
});

test("links on the way are found, wherever they are", async () => {
  mkdirSync(join(folder, "a/b"), { recursive: true });
  symlinkSync("/", join(folder, "a/root"));
  expect(await files.linkOnTheWay(folder, join(folder, "a/b/c"))).toBeUndefined();
  expect(await files.linkOnTheWay(folder, join(folder, "a/root/etc"))).toBe(join(folder, "a/root"));
});

test("a data folder is made where nothing is; a file that is there stays", async () => {
  const data = join(folder, "app/data/deep");
  await files.makeDataFolder(data);
  expect(statSync(data).mode & 0o777).toBe(0o755);
  writeFileSync(join(folder, "app/file"), "");
  await files.makeDataFolder(join(folder, "app/file"));
});
