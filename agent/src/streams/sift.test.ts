import { expect, test } from "vitest";
import { sifts, type Wanted } from "./sift.ts";

const part = (text: string, i = 0, stream: "stdout" | "stderr" = "stdout") => ({
  stream,
  stamp: `2026-11-22T01:00:00.${String(i).padStart(9, "0")}Z`,
  text,
});

async function sifted(wanted: Wanted, texts: string[]) {
  const sift = (await sifts(wanted))();
  return texts.flatMap((text, i) => sift(part(text, i))).map(({ text, near, apart }) => `${apart ? "… " : ""}${near ? `(${text})` : text}`);
}

test.each<[Wanted, string[]]>([
  [{}, ["a", "B needle", "c"]],
  [{ search: "NEEDLE" }, ["B needle"]],
  [{ search: "NEEDLE", how: "exact" }, []],
  [{ search: "^b nee+dle$", how: "regexp" }, ["B needle"]],
  [{ search: ".", how: "any-case" }, []],
])("%j", async (wanted, expected) => {
  expect(await sifted(wanted, ["a", "B needle", "c"])).toEqual(expected);
});

test("what stands near is told once, and where lines are left out", async () => {
  const texts = ["1", "2", "3", "x 4", "5", "x 6", "7", "8", "9", "10", "11", "x 12"];
  expect(await sifted({ search: "x", context: 1 }, texts)).toEqual(["… (3)", "x 4", "(5)", "x 6", "(7)", "… (11)", "x 12"]);
  expect(await sifted({ search: "x", context: 50 }, texts)).toEqual(texts.map((text) => (text.startsWith("x") ? text : `(${text})`)));
});

test("what goes on from a grave line is as grave", async () => {
  const texts = ["INFO a", "java.lang.Error: no", "\tat x.Y(Z.java:1)", "Caused by: z", "DEBUG b", "WARN c", "plain"];
  expect(await sifted({ level: "error" }, texts)).toEqual(["java.lang.Error: no", "\tat x.Y(Z.java:1)", "Caused by: z"]);
  expect(await sifted({ level: "info" }, texts)).toEqual(texts.filter((text) => text !== "DEBUG b"));
});

test("no expression takes longer for a line than the line is long", async () => {
  const sift = (await sifts({ search: "(a+)+$", how: "regexp" }))();
  const begun = performance.now();
  expect(sift(part(`${"a".repeat(16_000)}!`))).toEqual([]);
  expect(performance.now() - begun).toBeLessThan(500);
});

test.each(["(", "a{1001}", "(?=a)", "\\1", "[z-a]"])("%s is no expression that can be searched for", async (search) => {
  await expect(sifts({ search, how: "regexp" })).rejects.toMatchObject({ code: "INVALID_SEARCH" });
});
