import { expect, test } from "vitest";
import { LETS_ENCRYPT } from "./authority.ts";
import { fitting, likelyHttps } from "./https-choice.ts";

test("for a name that no public authority knows, the server's own authority is suggested", () => {
  for (const name of ["wiki.lan", "a.b.internal", "nas.local", "tv.home.arpa", "a.test"])
    expect(likelyHttps(name, LETS_ENCRYPT)).toBe("internal");
  for (const name of ["example.com", "lan.example.com", "lan"]) expect(likelyHttps(name)).toBe("acme");
  expect(likelyHttps("wiki.lan", "https://ca.example.com/acme")).toBe("acme");
});

test("for a wildcard nothing is suggested that no authority would issue", () => {
  expect(["*.lan.example.com", "*.home.lan"].map((name) => likelyHttps(name, "https://ca.example.com/acme"))).toEqual(["own", "internal"]);
});

test("a certificate fits where it covers every name, and belongs to the app's project or to all", () => {
  const of = (names: string[], notAfter: number, id?: string) => ({ names, notAfter, project: id === undefined ? null : { id, name: id } });
  const [wild, both, theirs] = [of(["*.a.test"], 1), of(["a.test", "www.a.test"], 2), of(["a.test"], 3, "prj_2")];
  expect(fitting([wild, both, theirs], ["a.test"], "prj_1")).toEqual([both]);
  expect(fitting([wild, both, theirs], ["www.a.test"], undefined)).toEqual([both, wild]);
  expect(fitting([wild, both, theirs], ["a.test", "www.a.test"], undefined)).toEqual([both]);
  expect(fitting([wild, both, theirs], ["a.test"], "prj_2")).toEqual([theirs, both]);
  expect(fitting([wild], ["x.y.a.test"], undefined)).toEqual([]);
});
