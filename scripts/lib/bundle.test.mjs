import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { bundle, endBundling } from "./bundle.mjs";
import { program } from "./program.mjs";

const folder = mkdtempSync(join(tmpdir(), "bundle-"));
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await endBundling();
});

/** What a program says once it is one file. */
async function said(text) {
  writeFileSync(join(folder, "program.mjs"), text);
  await bundle({ entry: join(folder, "program.mjs"), outfile: join(folder, "out.mjs") });
  return (await program(process.execPath, [join(folder, "out.mjs")])).output.trim();
}
const loaded = `process.moduleLoadList.includes("NativeModule tls")`;

test("what encrypts is loaded with the first of it that is used, however it was imported", async () => {
  const used = `console.log(${loaded}, typeof https.request, new Agent() instanceof https.Agent, typeof tls.connect, ${loaded});`;
  expect(await said(`import https, { Agent } from "node:https"; import * as tls from "node:tls"; ${used}`)).toBe(
    "false function true function true",
  );
});

test("what inherits from it may have something of its own in the place of what it inherits", async () => {
  const own = `const own = Object.create(https); own.request = 1; console.log(own.request, typeof https.request);`;
  expect(await said(`import { createRequire } from "node:module"; import https from "node:https"; ${own}`)).toBe("1 function");
});
