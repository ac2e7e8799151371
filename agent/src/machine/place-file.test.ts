import { createHash } from "node:crypto";
import { lstat, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { placeFile, removePlaced } from "./place-file.ts";

let folder: string;
let outside: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "appos-place-"));
  outside = await mkdtemp(join(tmpdir(), "appos-outside-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  await rm(outside, { recursive: true });
});
const sumOf = (text: string) => createHash("sha256").update(text).digest("hex");
const bytes = (text: string) => new TextEncoder().encode(text);
const refusal = async (act: Promise<unknown>) =>
  (
    (await act.then(
      () => undefined,
      (error: unknown) => error,
    )) as { error?: { code: string } } | undefined
  )?.error?.code;

test("a file is put in its place, for all to read, and may be run where that is asked", async () => {
  await placeFile(folder, "conf/site/nginx.conf", bytes("a"), { executable: false, keep: false });
  await placeFile(folder, "run.sh", bytes("b"), { executable: true, keep: false });
  expect(await readFile(join(folder, "conf/site/nginx.conf"), "utf8")).toBe("a");
  expect((await stat(join(folder, "conf/site/nginx.conf"))).mode & 0o777).toBe(0o644);
  expect((await stat(join(folder, "conf"))).mode & 0o777).toBe(0o755);
  expect((await stat(join(folder, "run.sh"))).mode & 0o777).toBe(0o755);
});

test("what is the same already is left as it is, so that what is mounted stays mounted", async () => {
  await placeFile(folder, "a", bytes("same"), { executable: false, keep: false });
  const { ino } = await stat(join(folder, "a"));
  await placeFile(folder, "a", bytes("same"), { executable: false, keep: false });
  expect((await stat(join(folder, "a"))).ino).toBe(ino);
  await placeFile(folder, "a", bytes("other"), { executable: false, keep: false });
  expect((await stat(join(folder, "a"))).ino).not.toBe(ino);
});

test("a file that is to be kept stays as somebody has written it; one that is gone comes back", async () => {
  const keep = { executable: false, keep: true };
  await writeFile(join(folder, "app.ini"), "written by the app");
  await placeFile(folder, "app.ini", bytes("a"), keep);
  expect(await readFile(join(folder, "app.ini"), "utf8")).toBe("written by the app");
  await rm(join(folder, "app.ini"));
  await placeFile(folder, "app.ini", bytes("a"), keep);
  expect(await readFile(join(folder, "app.ini"), "utf8")).toBe("a");
});

test("an empty folder that Docker made of it gives way; one with something in it does not", async () => {
  await mkdir(join(folder, "nginx.conf"));
  await placeFile(folder, "nginx.conf", bytes("a"), { executable: false, keep: false });
  expect((await lstat(join(folder, "nginx.conf"))).isFile()).toBe(true);
  await mkdir(join(folder, "full"));
  await writeFile(join(folder, "full/data"), "mine");
  expect(await refusal(placeFile(folder, "full", bytes("a"), { executable: false, keep: false }))).toBe("CONFIG_FILE_BLOCKED");
  expect(await readFile(join(folder, "full/data"), "utf8")).toBe("mine");
});

test("no link is followed, and nothing outside is touched", async () => {
  await writeFile(join(outside, "victim"), "before");
  await symlink(outside, join(folder, "conf"));
  await symlink(join(outside, "victim"), join(folder, "file"));
  expect(await refusal(placeFile(folder, "conf/victim", bytes("evil"), { executable: false, keep: false }))).toBe("CONFIG_FILE_BLOCKED");
  expect(await refusal(removePlaced(folder, "conf/victim", sumOf("before")))).toBe("CONFIG_FILE_BLOCKED");
  await placeFile(folder, "file", bytes("good"), { executable: false, keep: false });
  expect(await readFile(join(outside, "victim"), "utf8")).toBe("before");
  expect((await lstat(join(folder, "file"))).isSymbolicLink()).toBe(false);
});

test("a file that is taken away takes the folders along that are empty without it", async () => {
  await placeFile(folder, "a/b/one", bytes("1"), { executable: false, keep: false });
  await placeFile(folder, "a/two", bytes("2"), { executable: false, keep: false });
  await removePlaced(folder, "a/b/one", sumOf("1"));
  expect(await lstat(join(folder, "a/b")).catch(() => "gone")).toBe("gone");
  expect((await lstat(join(folder, "a"))).isDirectory()).toBe(true);
  await removePlaced(folder, "a/two", sumOf("2"));
  await removePlaced(folder, "a/two", sumOf("2"));
  expect(await lstat(join(folder, "a")).catch(() => "gone")).toBe("gone");
});

test("a file that somebody has written to since stays", async () => {
  await placeFile(folder, "app.ini", bytes("a"), { executable: false, keep: false });
  await writeFile(join(folder, "app.ini"), "written by the app");
  expect(await removePlaced(folder, "app.ini", sumOf("a"))).toBe(true);
  expect(await readFile(join(folder, "app.ini"), "utf8")).toBe("written by the app");
});

test.each(["../victim", "a/../../victim", "..", "a//b", "./a"])("the path %j leads nowhere", async (path) => {
  await writeFile(join(outside, "victim"), "before");
  await expect(placeFile(folder, path, bytes("x"), { executable: false, keep: false })).rejects.toThrow("no path below");
  await expect(removePlaced(folder, path, sumOf("before"))).rejects.toThrow("no path below");
});
