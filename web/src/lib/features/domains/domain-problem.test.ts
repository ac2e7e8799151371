import { DomainName, SiteName } from "@appos/shared/domain-name";
import { expect, test } from "vitest";
import { domainProblem, fromAddress, portProblem } from "./domain-problem.ts";

const wrong = [
  "a.test/x",
  "a.test:80",
  "*.a.test",
  "203.0.113.7",
  "a b.test",
  ".a.test",
  "a..test",
  "a_b.test",
  "https://a.test",
  "a@b.test",
];
const right = ["a.test", "A.Test", "a.test.", " a.test ", "xn--bcher-kva.example", "bücher.example", "a-b.c-d.test", "0.test"];

test("the console finds fault with no name that the API takes, and takes none that it refuses for good", () => {
  for (const name of wrong) expect(domainProblem(name) === undefined, name).toBe(DomainName.safeParse(name).success);
  for (const name of right) expect(domainProblem(name) === undefined, name).toBe(DomainName.safeParse(name).success);
});

test("where it may be a wildcard, that is one star before the rest of a name", () => {
  const wildcards = ["*.a.test", " *.A.test. ", "*.bücher.example"];
  const others = ["a.*.test", "**.a.test", "*a.test", "*.*.test", "*.a.test/x", "*.a b.test", "*..test"];
  for (const name of [...wildcards, ...others, ...wrong, ...right])
    expect(domainProblem(name, { wildcard: true }) === undefined, name).toBe(SiteName.safeParse(name).success);
  for (const name of wildcards) expect(domainProblem(name), name).toBeDefined();
});

test("nobody is told off for a name that is not typed to its end", () => {
  for (const begun of ["", "b", "blog", "blog.", "blog.example"]) expect(domainProblem(begun), begun).toBeUndefined();
  for (const begun of ["*", "*.", "*.example"]) expect(domainProblem(begun, { wildcard: true }), begun).toBeUndefined();
});

test("of a whole address the name and the path are taken", () => {
  expect(fromAddress("https://Blog.example.com/")).toEqual({ domain: "Blog.example.com", path: "" });
  expect(fromAddress(" http://blog.example.com/api/v1/?q=1#x")).toEqual({ domain: "blog.example.com", path: "/api/v1" });
  expect(fromAddress("blog.example.com/api")).toEqual({ domain: "blog.example.com/api", path: "" });
  expect(fromAddress("https://")).toEqual({ domain: "", path: "" });
});

test("a port is a number that there is", () => {
  for (const port of ["", "1", "80", "65535"]) expect(portProblem(port), port).toBeUndefined();
  for (const port of ["0", "65536", "80 ", "8o", "-1", "1e3"]) expect(portProblem(port), port).toBeDefined();
});
