import { expect, test } from "vitest";
import { askedFor, isWildcard, wildcardOf } from "./wildcards.ts";
import { canonicalName, DomainName, PathPrefix, SiteName } from "./domain-name.ts";

test("however a name is written, it is one name", () => {
  for (const given of ["blog.example.com", "BLOG.Example.COM", " blog.example.com. ", "blog.example.com."])
    expect(canonicalName(given), given).toBe("blog.example.com");
  expect(canonicalName("Bücher.example")).toBe("xn--bcher-kva.example");
  expect(canonicalName("XN--BCHER-KVA.example")).toBe("xn--bcher-kva.example");
  // Looks like a dot, and is one to a browser.
  expect(canonicalName("blog。example.com")).toBeUndefined();
  expect(canonicalName("ｅxample.com")).toBe("example.com");
});

test("what could be more than a name is none", () => {
  const attacks = [
    "a.test; } server { listen 80; location / { root /; autoindex on; } } #",
    'a.test {\n respond "PWN"\n}\n:18081',
    "a.test`) || Host(`console.example.com",
    "a.test/x",
    "a.test:80",
    "user@a.test",
    "%61.test",
    "a..test",
    ".test",
    "-a.test",
    "a-.test",
    "_dmarc.test",
    "xn--b.test",
    "a.xn--zzzzzz",
    "xn--.test",
    "*.test",
    "*",
    "_",
    "localhost",
    "127.0.0.1",
    "0x7f.1",
    "2130706433",
    "1.2.3.4.",
    "[::1]",
    "::1",
    "a.test\0",
    "a.test\nb.test",
    "a b.test",
    "$host.test",
    `${"a".repeat(64)}.test`,
    `${"abcdefgh.".repeat(30)}test`,
    "",
    ".",
  ];
  for (const given of attacks) expect(canonicalName(given), given).toBeUndefined();
  expect(DomainName.safeParse("https://a.test").error?.issues[0]?.message).toContain("blog.example.com");
});

test("a wildcard is one star before a name, and is written in one way", () => {
  for (const given of ["*.example.com", "*.EXAMPLE.com.", " *.example.com "]) expect(SiteName.parse(given), given).toBe("*.example.com");
  expect(SiteName.parse("*.bücher.example")).toBe("*.xn--bcher-kva.example");
  expect(SiteName.parse("Blog.example.com")).toBe("blog.example.com");
  const long = `${"abcdefgh.".repeat(27)}test`;
  for (const given of [
    "*.com",
    "*",
    "*.",
    "**.a.test",
    "*.*.a.test",
    "a.*.test",
    "*a.test",
    "*.127.0.0.1",
    "*.a.test/x",
    "*.a.test:80",
    "*.-a.test",
    `*.${long}`,
  ])
    expect(SiteName.safeParse(given).success, given).toBe(false);
  expect(DomainName.safeParse("*.example.com").success).toBe(false);
  // What stands for it is one of its names, and a name.
  const asked = askedFor("*.example.com");
  expect([canonicalName(asked), wildcardOf(asked), isWildcard(asked)]).toEqual([asked, "*.example.com", false]);
  expect([wildcardOf("a.b.example.com"), wildcardOf("*.example.com")]).toEqual(["*.b.example.com", undefined]);
});

test("a path is literal", () => {
  for (const path of ["/", "/api", "/api/v1", "/~x/a.b_c-d"]) expect(PathPrefix.parse(path)).toBe(path);
  for (const path of [
    "",
    "api",
    "/api/",
    "//x",
    "/../",
    "/a/../b",
    "/.",
    "/%2e%2e",
    "/a;b",
    "/^(a+)+$",
    "/a b",
    "/a?b",
    "/a#b",
    "/{a}",
    "/a\n",
    "/ä",
  ])
    expect(PathPrefix.safeParse(path).success, path).toBe(false);
});
