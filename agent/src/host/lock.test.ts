import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { holderOf, startOf, takeLock } from "./lock.ts";

const newPath = () => join(mkdtempSync(join(tmpdir(), "appos-lock-")), "agent.pid");

test("a second agent in the same folder is refused, and told who is there", () => {
  const path = newPath();
  takeLock(path);
  expect(() => takeLock(path)).toThrow(`process ${process.pid}`);
});

test("what is given back can be taken again", () => {
  const path = newPath();
  takeLock(path)();
  expect(existsSync(path)).toBe(false);
  takeLock(path);
  expect(holderOf(path)).toBe(process.pid);
});

test("a lock of a process that has ended is taken over", async () => {
  const path = newPath();
  const child = spawn("sleep", ["60"]);
  writeFileSync(path, `${child.pid} ${startOf(child.pid!)}`);
  expect(() => takeLock(path)).toThrow(`process ${child.pid}`);
  child.kill("SIGKILL");
  await once(child, "exit");
  takeLock(path);
  expect(holderOf(path)).toBe(process.pid);
});

test("a number that went to another process since holds nothing", () => {
  const path = newPath();
  writeFileSync(path, `${process.pid} 1`);
  expect(holderOf(path)).toBeUndefined();
  takeLock(path);
});

test("a damaged lock holds nothing", () => {
  const path = newPath();
  writeFileSync(path, "");
  takeLock(path);
  expect(holderOf(path)).toBe(process.pid);
});
