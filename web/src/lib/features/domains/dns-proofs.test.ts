import { expect, test } from "vitest";
import { OVER_HTTP, proofsFor } from "./dns-proofs.ts";

const company = { id: "dns_1", name: "Company", kind: "cloudflare", zones: ["example.com"] } as const;
const own = { id: "dns_2", name: "Own", kind: "rfc2136", zones: ["lab.example.org", "example.org"] } as const;
const providers = [company, own].map((each) => ({ ...each, zones: [...each.zones] }));

test("there is a choice where a provider has the zone of every name, or is the one in use", () => {
  const values = (names: string[], used: string | null = null) => proofsFor(providers, names, used).map(({ value }) => value);
  expect(values(["blog.example.com", "www.blog.example.com"])).toEqual([OVER_HTTP, "dns_1"]);
  expect(values(["example.org"])).toEqual([OVER_HTTP, "dns_2"]);
  for (const names of [["notexample.com"], ["com"], ["a.example.com", "a.example.org"]]) expect(values(names), names.join()).toEqual([]);
  expect(values(["*.example.com"])).toEqual(["dns_1"]);
  expect(values(["a.example.net"], "dns_1")).toEqual([OVER_HTTP, "dns_1"]);
});

test("each is told by its name and kind", () => {
  expect(proofsFor(providers, ["x.lab.example.org"], null).at(-1)).toEqual({ value: "dns_2", label: "In the DNS, by Own (RFC 2136)" });
});
