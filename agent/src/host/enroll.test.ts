import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cli } from "./cli.ts";
import { controlPlaneIdOf, newKeyPair } from "./keys.ts";

let dir = "";
let asked: unknown[] = [];
let answer: { status: number; body: unknown; headers?: Record<string, string> };
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    asked.push({ path: request.url, body: JSON.parse(body) });
    response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers }).end(JSON.stringify(answer.body));
  });
});

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "appos-enroll-"));
  asked = [];
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});
afterEach(async () => {
  rmSync(dir, { recursive: true, force: true });
  await new Promise((done) => server.close(done));
});

/** Runs `appos-agent` and answers its exit code and what it said. */
async function agent(args: string[], env: Record<string, string> = {}, input = "") {
  const said: string[] = [];
  const terminal = {
    say: (line: string) => said.push(line),
    complain: (line: string) => said.push(line),
    interactive: false,
    screen: false,
    readLine: async () => input,
  };
  return { code: await cli(args, { APPOS_AGENT_DIR: dir, ...env }, terminal), said: said.join("\n") };
}

async function controlPlane() {
  const { publicKey } = await newKeyPair();
  const id = await controlPlaneIdOf(publicKey);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const data = { serverId: "srv_1", serverName: "tokyo-1", controlPlaneId: id, controlPlaneKey: publicKey };
  answer = { status: 201, body: { success: true, code: 201, message: "OK", data } };
  return { id, url, args: ["enroll", "--url", url, "--key", id] };
}
const token = { APPOS_ENROLLMENT_TOKEN: "enroll_secret" };
const written = () => JSON.parse(readFileSync(join(dir, "agent.json"), "utf8")) as Record<string, string>;
const refusal = (message: string) => ({
  status: 401,
  body: { success: false, code: 401, message, error: { code: "ENROLLMENT_TOKEN_USED" } },
});

test("what the control plane refuses is said in its own words, and nothing is written", async () => {
  const { args } = await controlPlane();
  answer = refusal("This enrollment token has been used already.");
  expect(await agent(args, token)).toEqual({ code: 1, said: "appos-agent: This enrollment token has been used already." });
  expect(written).toThrow();
});

test("a control plane with another key is refused", async () => {
  const { url } = await controlPlane();
  const other = await controlPlaneIdOf((await newKeyPair()).publicKey);
  const { code, said } = await agent(["enroll", "--url", url, "--key", other], token);
  expect([code, said]).toEqual([1, expect.stringContaining(`another key than ${other}`)]);
  expect(written).toThrow();
});

test("a control plane whose id is not its key's fingerprint is refused", async () => {
  const { args } = await controlPlane();
  (answer.body as { data: Record<string, string> }).data["controlPlaneKey"] = (await newKeyPair()).publicKey;
  expect((await agent(args, token)).code).toBe(1);
  expect(written).toThrow();
});

test("a redirect is not followed", async () => {
  const { args } = await controlPlane();
  answer = { status: 302, body: {}, headers: { location: "/elsewhere" } };
  expect((await agent(args, token)).said).toContain("redirect");
  expect(asked).toHaveLength(1);
});

test("plain http is refused beyond this machine", async () => {
  const { id } = await controlPlane();
  expect((await agent(["enroll", "--url", "http://10.0.0.5:9091", "--key", id], token)).said).toContain("not encrypted");
});

test("an enrollment needs an address, a key and a token", async () => {
  const { url, args } = await controlPlane();
  expect((await agent(["enroll"], token)).said).toContain("--url");
  expect((await agent(["enroll", "--url", url], token)).said).toContain("--key");
  expect((await agent(args)).said).toContain("no enrollment token");
  expect((await agent([...args, "--token", "x"], token)).code).toBe(2);
  expect(asked).toEqual([]);
});

test("the identity is written for root alone, with the key that was sent", async () => {
  const { args, url, id } = await controlPlane();
  expect(await agent(args, token)).toEqual({ code: 0, said: `This machine is server tokyo-1 of ${url} now.` });
  expect(asked).toEqual([
    { path: "/api/v1/agent/enroll", body: { token: "enroll_secret", publicKey: expect.stringMatching(/^[\w-]{43}$/) } },
  ]);
  expect(written()).toMatchObject({ url, serverId: "srv_1", serverName: "tokyo-1", controlPlaneId: id, privateKey: expect.any(String) });
  expect(statSync(join(dir, "agent.json")).mode & 0o777).toBe(0o600);
});

test("the token may come over the input", async () => {
  const { args } = await controlPlane();
  expect((await agent(args, {}, "enroll_typed\n")).code).toBe(0);
  expect(asked).toMatchObject([{ body: { token: "enroll_typed" } }]);
});

test("an identity is given up only when asked to", async () => {
  const { args } = await controlPlane();
  await agent(args, token);
  const first = written()["privateKey"];
  expect((await agent(args, token)).said).toContain("already. Use --replace");
  expect(written()["privateKey"]).toBe(first);
  expect((await agent([...args, "--replace"], token)).code).toBe(0);
  expect(written()["privateKey"]).not.toBe(first);
});

test("the proxy and the engine of the install command are kept for later runs", async () => {
  const { args } = await controlPlane();
  await agent(args, { ...token, HTTPS_PROXY: "http://proxy:3128", DOCKER_HOST: "unix:///run/other.sock" });
  const kept = readFileSync(join(dir, "agent.env"), "utf8");
  expect(kept).toBe('HTTPS_PROXY="http://proxy:3128"\nDOCKER_HOST="unix:///run/other.sock"\n');
  expect(kept).not.toContain("enroll_secret");
});
