import { linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { composeResolver, putFiles } from "./compose-resolver.ts";

const top = mkdtempSync(join(tmpdir(), "appos-resolver-"));
afterAll(() => rmSync(top, { recursive: true, force: true }));
const question = (folder: string, path: string) => ({
  project: "p",
  folder,
  compose: "services: {}",
  env: "",
  files: [{ path, bytes: new TextEncoder().encode("other") }],
});

test.each(["/../../../../etc", "/srv/blog/", "srv/blog", "/srv//blog", "/srv/./blog", ""])(
  "%o is no folder that a file is put in",
  async (folder) => {
    const resolve = composeResolver(join(top, "agent"));
    expect(await resolve(question(folder, "a.conf"), new AbortController().signal)).toMatchObject({
      problem: [expect.stringContaining("no plain path")],
    });
  },
);

test("what Compose itself needs is not written over, and nothing is written beside the folder", async () => {
  const tree = mkdtempSync(join(top, "tree-"));
  writeFileSync(join(top, "libc.so"), "the server's own");
  linkSync(join(top, "libc.so"), join(tree, "libc.so"));
  await expect(putFiles(tree, question(tree, "libc.so"), "wx")).rejects.toMatchObject({ code: "EEXIST" });
  expect(readFileSync(join(top, "libc.so"), "utf8")).toBe("the server's own");
  await expect(putFiles(tree, question(tree, "../beside"), "wx")).rejects.toThrow("not below");
  expect(readdirSync(top)).not.toContain("beside");
});
