import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { filesOf } from "./read-folder.ts";

const folder = mkdtempSync(join(tmpdir(), "appos-archive-"));
afterAll(() => rmSync(folder, { recursive: true }));

const long = `${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.test`;
const files = new Map([
  ["acme/a.test/a.test.crt", "one\n"],
  [`acme/${long}/${long}.key`, "x".repeat(5_000)],
  ["empty", ""],
]);

test.each(["ustar", "pax", "gnu"])("what is in an archive is read, however long its name is: %s", (format) => {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, "top", path)), { recursive: true });
    writeFileSync(join(folder, "top", path), text);
  }
  const names = format === "ustar" ? ["top/acme/a.test", "top/empty"] : ["top"];
  const archive = execFileSync("tar", ["-C", folder, `--format=${format}`, "-cf", "-", ...names]);
  expect(new Map(filesOf(archive))).toEqual(new Map([...files].filter(([path]) => format !== "ustar" || !path.includes(long))));
});
