import { expect, test } from "vitest";
import { addressOf, isPublic } from "@appos/shared/addresses";
import { outsideAddress } from "./address.ts";
import { addressProblem, allowedFrom, nothingAllowed } from "./allowed.ts";

const open = (text: string, allow = "") => outsideAddress(text, allowedFrom(allow)).href;

test.each([
  "http://169.254.169.254/",
  "https://169.254.169.254/latest",
  "https://[fd00:ec2::254]/",
  "https://metadata.google.internal/",
  "https://100.100.100.200/",
  "https://168.63.129.16/",
  "https://2130706433/",
  "https://0x7f.1/",
  "https://127.1/",
  "https://0/",
  "https://[::]/",
  "https://[::1]/",
  "https://[::ffff:127.0.0.1]/",
  "https://[64:ff9b::7f00:1]/",
  "https://[2002:7f00:1::]/",
  "https://localhost./",
  "https://LOCALHOST/",
  "https://①②⑦.0.0.1/",
  "https://10.1.2.3/",
  "https://172.31.0.1/",
  "https://192.168.1.1/",
  "https://[fe80::1]/",
  "https://[fc00::1]/",
  "https://[ff02::1]/",
  "https://224.0.0.1/",
  "https://x#@127.0.0.1".replace("x#@", ""),
  "https://router/",
  "https://git.lan/x",
])("%s is private, so it is not asked", (text) => expect(() => open(text)).toThrow(/private|Use https/));

test.each([
  ["https://user:pass@example.org/", /user name or a password/],
  ["https://user@example.org/", /user name or a password/],
  ["file:///etc/passwd", /begin with https/],
  ["gopher://example.org/", /begin with https/],
  ["ext::sh -c id", /no address/],
  ["https://exa\tmple.org/", /no address/],
  ["https://x\\@127.0.0.1/", /no address/],
  ["http://example.org/", /Use https:\/\/ for example\.org/],
  ["example.org", /no address/],
])("%s is refused", (text, why) => expect(() => open(text)).toThrow(why));

test("what is public is asked, over https", () => {
  for (const text of ["https://example.org/x.json", "https://93.184.216.34/", "https://[2606:2800:220:1::1]/", "https://x.example.org./"])
    expect(open(text)).toMatch(/^https:/);
});

test("what was allowed by name or network is asked, also unencrypted; its neighbours are not", () => {
  expect(open("http://127.0.0.1:8080/x", "127.0.0.1")).toBe("http://127.0.0.1:8080/x");
  expect(open("http://10.9.9.9/x", "git.lan, 10.9.0.0/16")).toBe("http://10.9.9.9/x");
  expect(open("http://git.lan/x", "git.lan")).toBe("http://git.lan/x");
  expect(() => open("http://10.8.0.1/", "10.9.0.0/16")).toThrow(/private/);
  expect(() => open("http://www.git.lan/", "git.lan")).toThrow(/private/);
  expect(() => allowedFrom("git.lan, 10.0.0.0/99")).toThrow(/no host, address or network/);
});

test("a name is asked only where all that it leads to may be", () => {
  expect(addressProblem("x.example.org", ["93.184.216.34", "127.0.0.1"], nothingAllowed)).toMatch(/leads to a private address/);
  expect(addressProblem("x.example.org", ["93.184.216.34", "2606:2800:220:1::1"], nothingAllowed)).toBeUndefined();
  expect(addressProblem("x.example.org", ["10.0.0.7"], allowedFrom("10.0.0.0/24"))).toBeUndefined();
  expect(addressProblem("x.example.org", ["nonsense"], nothingAllowed)).toBeDefined();
});

test("addresses are read as numbers", () => {
  expect(addressOf("::ffff:1.2.3.4")).toBe(addressOf("1.2.3.4"));
  expect(addressOf("2001:db8::1")).toBe(0x20010db8000000000000000000000001n);
  for (const text of ["1.2.3", "1.2.3.256", "::1::", "g::", "1:2:3:4:5:6:7", "x"]) expect(addressOf(text)).toBeUndefined();
  expect(isPublic(addressOf("2001:db8::1")!)).toBe(false);
});
