import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { caaIdentities } from "./caa-identities.ts";

const folder = mkdtempSync(join(tmpdir(), "appos-authority-"));
const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
const subject = ["-subj", "/CN=ca", "-addext", "subjectAltName=IP:127.0.0.1"];
const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert, "-days", "2"];
execFileSync("openssl", ["req", "-x509", ...made, ...subject], { stdio: "ignore" });
const roots = readFileSync(cert, "utf8");
let says = "";
const server = createServer({ key: readFileSync(key), cert: roots }, (_, reply) => reply.end(says));
let directory = "";

beforeAll(async () => {
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  directory = `https://127.0.0.1:${(server.address() as AddressInfo).port}/dir`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

test("an authority is known by what its directory says", async () => {
  says = JSON.stringify({ newNonce: "x", meta: { caaIdentities: ["CA.example.net.", "ca.example.org"] } });
  expect(await caaIdentities({ directory, roots })).toEqual(["ca.example.net", "ca.example.org"]);
});

test("one that does not say, says too much, is not trusted or not there, is known by nothing", async () => {
  says = JSON.stringify({ meta: {} });
  expect(await caaIdentities({ directory, roots })).toBeUndefined();
  says = "x".repeat(200_000);
  expect(await caaIdentities({ directory, roots })).toBeUndefined();
  says = JSON.stringify({ meta: { caaIdentities: ["ca.example.org"] } });
  expect(await caaIdentities({ directory, roots: null })).toBeUndefined();
  expect(await caaIdentities({ directory: "https://127.0.0.1:1/dir", roots })).toBeUndefined();
});
