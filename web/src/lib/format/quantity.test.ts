import { expect, test } from "vitest";
import { bytes, count, listed, percentOf } from "./quantity.ts";

test("bytes have one digit after the point until they are many", () => {
  expect([0, 512, 1024, 3.2 * 2 ** 30, 118.4 * 2 ** 30, 2 ** 60].map(bytes)).toEqual([
    "0 B",
    "512 B",
    "1.0 KiB",
    "3.2 GiB",
    "118 GiB",
    "1024 PiB",
  ]);
});

test("a part of nothing is nothing", () => {
  expect([percentOf(1, 4), percentOf(1, 0), percentOf(9, 4)]).toEqual([25, 0, 100]);
});

test("counts and lists read as sentences", () => {
  expect([count(0, "app"), count(1, "app"), count(2, "entry", "entries")]).toEqual(["no apps", "1 app", "2 entries"]);
  expect([listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])]).toEqual(["", "a", "a and b", "a, b and c"]);
});
