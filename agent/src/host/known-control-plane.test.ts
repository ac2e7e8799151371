import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { settingsFrom } from "../settings.ts";
import { controlPlaneOf } from "./known-control-plane.ts";

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

async function world() {
  const folder = mkdtempSync(join(tmpdir(), "appos-known-"));
  const it = { status: 200, asked: [] as string[] };
  const server = createServer((request, reply) => {
    it.asked.push(request.url!);
    reply.writeHead(it.status).end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  ends.push(() => (server.closeAllConnections(), server.close(), rmSync(folder, { recursive: true })));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [key, id] = ["A".repeat(43), `cp_${"A".repeat(43)}`];
  const identity = { url, serverId: "srv_1", serverName: "one", controlPlaneId: id, controlPlaneKey: key, privateKey: "x" };
  const write = (more: object = {}) => writeFileSync(join(folder, "agent.json"), JSON.stringify({ ...identity, ...more }));
  return Object.assign(it, { url, write, server, known: controlPlaneOf(settingsFrom({ APPOS_AGENT_DIR: folder })) });
}

test("the control plane is asked where the agent has it by now", async () => {
  const it = await world();
  expect([it.known.url(), await it.known.answers(2_000)]).toEqual([undefined, false]);
  it.write();
  expect([it.known.url(), await it.known.answers(2_000)]).toEqual([it.url, true]);
  expect(it.asked).toEqual(["/api/health"]);
  it.write({ url: "http://127.0.0.1:1" });
  expect(await it.known.answers(2_000)).toBe(false);
});

test("a proxy without what is behind it is not the control plane; one that has moved still answers", async () => {
  const it = await world();
  it.write();
  it.status = 502;
  expect(await it.known.answers(2_000)).toBe(false);
  it.status = 410;
  expect(await it.known.answers(2_000)).toBe(true);
});
