import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { logSync } from "./log-sync.ts";

const folder = mkdtempSync(join(tmpdir(), "appos-log-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const broken = (error: unknown) => {
  throw error;
};

test("whoever has committed meanwhile shares the next sync, and nobody waits for none", async () => {
  const path = join(folder, "log");
  writeFileSync(path, "commits");
  const { committed, safe } = logSync(path, broken);
  expect(safe(), "nothing was committed").toBeUndefined();
  const done: string[] = [];
  const commit = (name: string) => {
    committed();
    return safe()!.then(() => done.push(name));
  };
  const first = commit("first");
  const reader = safe()!.then(() => done.push("reader"));
  const others = [commit("second"), commit("third")];
  expect(safe(), "a reader of the third waits for it").toBe(safe());
  await first;
  expect(done).not.toContain("second");
  await Promise.all([...others, reader]);
  expect(done).toEqual(["first", "reader", "second", "third"]);
  expect(safe()).toBeUndefined();
});

test("a log that is not there is an error of whoever has committed", async () => {
  const { committed, safe } = logSync(join(folder, "nothing"), broken);
  committed();
  await expect(safe()).rejects.toThrow(/ENOENT/);
});
