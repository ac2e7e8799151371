import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readIdentity } from "../settings.ts";
import { followTo } from "./follow.ts";

const identity = {
  url: "https://old.example.org",
  serverId: "srv_1",
  serverName: "tokyo-1",
  controlPlaneId: `cp_${"a".repeat(43)}`,
  controlPlaneKey: "b".repeat(43),
  privateKey: "secret-private-key",
  ca: "/etc/appos/ca.pem",
};
const move = { url: "https://new.example.org", from: identity.url, at: 1_795_000_000_000 };

const folders: string[] = [];
afterAll(() => folders.forEach((dir) => rmSync(dir, { recursive: true, force: true })));

function enrolled(as: object = identity) {
  const dir = mkdtempSync(join(tmpdir(), "appos-follow-"));
  folders.push(dir);
  const path = join(dir, "agent.json");
  writeFileSync(path, JSON.stringify(as), { mode: 0o600 });
  return { dir, path, settings: { files: { identity: path } } as Parameters<typeof followTo>[0] };
}

test("the new address replaces the old one, and nothing else", async () => {
  const { dir, path, settings } = enrolled();
  await followTo(settings, identity, move);
  expect(readIdentity(settings)).toEqual({ ...identity, url: move.url, moved: { from: move.from, at: move.at } });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual(["agent.json"]);
});

test("a server that was enrolled elsewhere meanwhile stays there", async () => {
  const elsewhere = { ...identity, serverId: "srv_2", url: "https://third.example.org" };
  const { path, settings } = enrolled(elsewhere);
  await followTo(settings, identity, move);
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(elsewhere);
});

test("an address that cannot be written leaves the file as it was", async () => {
  const { path, settings } = enrolled();
  mkdirSync(`${path}.${process.pid}.new`);
  await expect(followTo(settings, identity, move)).rejects.toThrow();
  expect(readIdentity(settings)).toEqual(identity);
  rmSync(`${path}.${process.pid}.new`, { recursive: true });
});
