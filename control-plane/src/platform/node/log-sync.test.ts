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

test("nobody is told too early, whenever they ask and however long the disk takes", async () => {
  const path = join(folder, "busy");
  writeFileSync(path, "commits");
  let commits = 0;
  let onDisk = 0;
  let [syncing, most] = [0, 0];
  const { committed, safe } = logSync(path, broken, (_, done) => {
    const covers = commits;
    most = Math.max(most, ++syncing);
    setTimeout(() => {
      syncing--;
      onDisk = Math.max(onDisk, covers);
      done(null);
    }, commits % 3);
  });
  let tooEarly = 0;
  await Promise.all(
    Array.from({ length: 6 }, async (_, actor) => {
      for (let turn = 0; turn < 400; turn++) {
        if ((turn * 7 + actor) % 5 < 3) {
          committed();
          commits++;
        }
        const mine = commits;
        await safe();
        if (onDisk < mine) tooEarly++;
        // A while that differs from turn to turn, in microtasks and now and then in milliseconds.
        if ((turn + actor) % 4 === 0) await new Promise((go) => setTimeout(go, turn % 3));
        else for (let left = (turn * 3 + actor) % 8; left > 0; left--) await undefined;
      }
    }),
  );
  expect({ tooEarly, most }).toEqual({ tooEarly: 0, most: 1 });
});
