import { gzipSync, strToU8, zipSync } from "fflate";
import { packTar } from "modern-tar";
import { expect, test } from "vitest";
import { unpack } from "./archives.ts";

const wants = (path: string) => /^apps\/[^/]+\/config\.json$/.test(path);
const stream = (bytes: Uint8Array) => new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
type Entry = Parameters<typeof packTar>[0][number];
const file = (name: string, body: string): Entry => ({ header: { name, size: strToU8(body).length, type: "file" }, body });
const tar = async (...entries: Entry[]) => stream(gzipSync(await packTar(entries)));
const zip = (files: Record<string, string>) =>
  stream(zipSync(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, strToU8(text)]))));

test("what is wanted of an archive is read, without the one folder at its top", async () => {
  const files = await unpack(
    await tar(file("store-main/apps/a/config.json", "{}"), file("store-main/apps/a/logo.jpg", "x"), file("store-main/README.md", "r")),
    false,
    wants,
  );
  expect([...files]).toEqual([["apps/a/config.json", "{}"]]);
  expect([...(await unpack(zip({ "x/apps/a/config.json": "1", "x/b": "2" }), true, wants))]).toEqual([["apps/a/config.json", "1"]]);
  expect([...(await unpack(zip({ "apps/a/config.json": "1" }), true, wants))]).toEqual([["apps/a/config.json", "1"]]);
});

test("names that lead elsewhere, links and devices are no files", async () => {
  const link = (type: "symlink" | "link", name: string): Entry => ({ header: { name, size: 0, type, linkname: "/etc/passwd" } });
  const device: Entry = { header: { name: "t/apps/d/config.json", size: 0, type: "character-device" } };
  const files = await unpack(
    await tar(
      link("symlink", "t/apps/l/config.json"),
      link("link", "t/apps/h/config.json"),
      device,
      file("t/../../apps/x/config.json", "no"),
      file("/apps/y/config.json", "no"),
      file("t/apps/ok/config.json", "yes"),
    ),
    false,
    wants,
  );
  expect([...files.values()]).toEqual(["yes"]);
  expect((await unpack(zip({ "../apps/a/config.json": "1", "t\\apps\\b\\config.json": "2" }), true, wants)).size).toBe(0);
});

test("a bomb is not unpacked, whether it says how large it is or not", async () => {
  const zeros = "\0".repeat(40 * 1024 * 1024);
  await expect(unpack(await tar(file("t/zeros", zeros)), false, wants)).rejects.toThrow(/more than AppOS unpacks/);
  expect((await unpack(zip({ "apps/a/config.json": zeros }), true, wants)).size).toBe(0);
});

test("what is no archive, or not whole, is refused with a sentence", async () => {
  const whole = new Uint8Array(await new Response(await tar(file("t/apps/a/config.json", "x".repeat(5_000)))).arrayBuffer());
  await expect(unpack(stream(whole.subarray(0, whole.length - 30)), false, wants)).rejects.toThrow(/whole/);
  await expect(unpack(stream(strToU8("PK\u0003\u0004nonsense")), true, wants)).rejects.toThrow(/whole/);
});
