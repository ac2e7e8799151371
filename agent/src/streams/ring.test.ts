import { expect, test } from "vitest";
import { ring } from "./ring.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (part: Uint8Array) => new TextDecoder().decode(part);

test("what came is read again from any byte that is held", () => {
  const held = ring(1_000);
  held.push(bytes("hello "));
  held.push(bytes("world"));
  expect([held.start(), held.end()]).toEqual([0, 11]);
  expect(text(held.read(0, 100))).toBe("hello world");
  expect(text(held.read(6, 3))).toBe("wor");
  expect(text(held.read(11, 100))).toBe("");
});

test("beyond its limit the oldest bytes go, and the numbers go on", () => {
  const held = ring(10);
  for (const part of ["01234", "56789", "abc"]) held.push(bytes(part));
  expect([held.start(), held.end()]).toEqual([3, 13]);
  expect(text(held.read(3, 100))).toBe("3456789abc");
  held.push(bytes("one that is longer than all"));
  expect([held.start(), held.end()]).toEqual([30, 40]);
  expect(text(held.read(30, 100))).toBe("r than all");
});

test("grown and gone round many times, it holds exactly the newest", () => {
  const held = ring(50_000);
  let all = "";
  for (let i = 0; i < 3_000; i++) {
    const part = `${i} ${"x".repeat(i % 97)}|`;
    held.push(bytes(part));
    all += part;
  }
  expect(held.end()).toBe(all.length);
  expect(held.end() - held.start()).toBe(50_000);
  expect(text(held.read(held.start(), Infinity))).toBe(all.slice(-50_000));
});
