import type { LogLine } from "@appos/shared/logs";
import { expect, test } from "vitest";
import { timeline } from "./timeline.ts";

const line = (service: string, at: number, id?: string, release: number | null = 1): LogLine => ({
  service,
  container: `appos-shop-${service}-1`,
  stream: "stdout",
  at,
  text: `${service} ${at}`,
  ...(id !== undefined && { from: { id, release } }),
});
const texts = (lines: { text: string }[]) => lines.map(({ text }) => text);

test("where a container took the place of another, that is said", () => {
  const shown = timeline();
  const lines = [line("web", 1, "a"), line("db", 2, "x"), line("web", 3), line("web", 4, "b", 2), line("db", 5)];
  expect(texts(lines.flatMap(shown.next))).toEqual(["web 1", "db 2", "web 3", "web was made anew, release 2", "web 4", "db 5"]);
  expect(texts(shown.next(line("web", 6, "c", null)))).toEqual(["web was made anew", "web 6"]);
});

test("the same container that is heard of again, as after a break, is no other", () => {
  const shown = timeline();
  expect(texts([line("web", 1, "a"), line("web", 2, "a")].flatMap(shown.next))).toEqual(["web 1", "web 2"]);
});

test("an earlier page ends where its containers end, and says so once", () => {
  const shown = timeline();
  shown.next(line("web", 10, "c", 3));
  expect(texts(shown.earlier([line("web", 5, "b", 2), line("web", 6)]))).toEqual(["web 5", "web 6", "web was made anew, release 3"]);
  expect(texts(shown.earlier([line("web", 1, "a"), line("web", 2, "b", 2)]))).toEqual(["web 1", "web was made anew, release 2", "web 2"]);
  expect(texts(shown.earlier([line("web", 0, "a")]))).toEqual(["web 0"]);
});

test("services keep their colours", () => {
  const shown = timeline();
  shown.know(["db", "web"]);
  expect([line("web", 1), line("db", 2), line("cache", 3)].flatMap(shown.next).map(({ hue }) => hue)).toEqual([1, 0, 2]);
});
