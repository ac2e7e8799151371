import { expect, test } from "vitest";
import { fakeMachine } from "../machine/fake-machine.ts";
import { internalFiles, rootOf } from "./internal-authority.ts";

const DAY = 24 * 3_600_000;
const SHARED = "/var/lib/appos/proxy/config";

function world() {
  let now = Date.UTC(2026, 10, 22);
  const server = fakeMachine("/var/lib/appos", { now: () => now, elapsed: () => now, sleep: async () => {} });
  const files = async (...names: string[]) => [...(await internalFiles(names, server.machine)).values()];
  return { server, files, pass: (ms: number) => void (now += ms) };
}

test("what the server issues is renewed once a third of its time is left, and not before", async () => {
  const { server, files, pass } = world();
  const first = await files("wiki.lan", "nas.lan");
  expect(first.map((file) => server.files.has(`${SHARED}/${file}`))).toEqual([true, true]);
  pass(59 * DAY);
  expect(await files("wiki.lan", "nas.lan")).toEqual(first);
  pass(2 * DAY);
  const renewed = await files("wiki.lan");
  expect(renewed).not.toEqual([first[0]]);
  // What serves until another configuration does is still there.
  expect(server.files.has(`${SHARED}/${first[0]}`)).toBe(true);
  expect(await files("wiki.lan")).toEqual(renewed);
});

test("the authority stays for as long as what it issues can end before it; no proxy is shown its key", async () => {
  const { server, files, pass } = world();
  await files("wiki.lan");
  const root = await rootOf(server.machine);
  expect(root.certificate).not.toContain("key");
  for (const [path, text] of server.files)
    expect(text.includes("key of the root"), path).toBe(path === "/var/lib/appos/proxy/authority.json");
  pass(3_500 * DAY);
  expect(await rootOf(server.machine)).toEqual(root);
  const before = await files("wiki.lan");
  pass(100 * DAY);
  expect((await rootOf(server.machine)).certificate).not.toBe(root.certificate);
  // One of the authority of before is of no use to those who trust the new one.
  expect(await files("wiki.lan")).not.toEqual(before);
});

test("a server that serves no such name has no authority", async () => {
  const { server, files } = world();
  expect(await files()).toEqual([]);
  expect([...server.files.keys()]).toEqual([]);
});
