import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeArchive } from "./archive.mjs";

const folder = mkdtempSync(join(tmpdir(), "appos-archive-"));
const big = join(folder, "big");
writeFileSync(big, Buffer.alloc(3_000_001, "x"));
const files = [
  { name: "VERSION", mode: 0o644, text: "1.2.3\n" },
  { name: "bin/node", mode: 0o755, from: big },
];

test("tar reads what was written, with its modes and to the last byte", async () => {
  const archive = join(folder, "a.tar.gz");
  await writeArchive(archive, files);
  expect(execFileSync("tar", ["-tvzf", archive], { encoding: "utf8" })).toMatch(
    /^-rw-r--r-- root\/root +6 .* VERSION\n-rwxr-xr-x root\/root +3000001 .* bin\/node\n$/,
  );
  expect(execFileSync("tar", ["-xzOf", archive, "bin/node"], { maxBuffer: 1 << 24 }).equals(readFileSync(big))).toBe(true);
});

test("the same files give the same archive, whose checksum lies beside it", async () => {
  const [one, two] = [join(folder, "1.tar.gz"), join(folder, "2.tar.gz")];
  await writeArchive(one, files);
  await writeArchive(two, files);
  expect(readFileSync(one).equals(readFileSync(two))).toBe(true);
  expect(readFileSync(`${one}.sha256`, "utf8").trim()).toBe(createHash("sha256").update(readFileSync(one)).digest("hex"));
});
