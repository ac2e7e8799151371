import { expect, test } from "vitest";
import { memoryOutbound } from "../platform/memory/outbound.ts";
import { askOutside } from "./ask.ts";

const limits = { bytes: 1_000, timeoutMs: 1_000 };
const at = (url: string) => new URL(url);
const redirect = (location: string) => () => new Response(null, { status: 302, headers: { location } });

test("each redirect is checked as the first address was", async () => {
  const outside = memoryOutbound();
  for (const [name, location] of Object.entries({
    a: "https://127.0.0.1/",
    b: "http://example.org/",
    c: "file:///etc/passwd",
    d: "https://u:p@example.org/",
  })) {
    outside.answers.set(`https://${name}.example.org/`, redirect(location));
    await expect(askOutside(outside, at(`https://${name}.example.org/`), limits)).rejects.toThrow(/private|unencrypted|password|https/);
  }
  expect(outside.asked.filter((url) => !/^https:\/\/[abcd]\.example\.org\/$/.test(url))).toEqual([]);
});

test("a redirect is followed five times, and no more", async () => {
  const outside = memoryOutbound();
  for (let n = 0; n < 7; n++) outside.answers.set(`https://example.org/${n}`, redirect(`/${n + 1}`));
  outside.answers.set("https://example.org/7", () => new Response("there"));
  expect(await (await askOutside(outside, at("https://example.org/2"), limits)).text()).toBe("there");
  await expect(askOutside(outside, at("https://example.org/0"), limits)).rejects.toThrow(/more than 5 times/);
});

test("what is too long, or says so, is not read to its end", async () => {
  const outside = memoryOutbound();
  outside.answers.set("https://example.org/a", () => new Response("x".repeat(1_001)));
  outside.answers.set("https://example.org/b", () => new Response("x", { headers: { "content-length": "5000" } }));
  const reply = await askOutside(outside, at("https://example.org/a"), limits);
  await expect(reply.text()).rejects.toThrow();
  await expect(askOutside(outside, at("https://example.org/b"), limits)).rejects.toThrow(/more than/);
});
