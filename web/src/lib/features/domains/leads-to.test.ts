import { expect, test } from "vitest";
import { leadsTo } from "./leads-to.ts";

const facts = (addresses: string[]) => ({ addresses }) as never;

test("the records that lead a name to a server are named where its addresses are known", () => {
  const own = ["203.0.113.7", "2001:db8::7"].map((address) => ({ address, own: true }));
  expect(leadsTo("tokyo", { reachedAt: own, facts: null })).toBe(
    "In the DNS, the name has to lead to tokyo: an A record to 203.0.113.7 and an AAAA record to 2001:db8::7.",
  );
});

test("what is only likely is called so, and what is not known is not named", () => {
  expect(leadsTo("tokyo", { reachedAt: [{ address: "203.0.113.7", own: false }], facts: facts(["10.0.0.4"]) })).toContain(
    "most likely an A record to 203.0.113.7, from where its agent calls",
  );
  expect(leadsTo("tokyo", { reachedAt: [], facts: facts(["10.0.0.4"]) })).toContain("In its own network that is 10.0.0.4");
  expect(leadsTo("tokyo", undefined)).toContain("with that server's address");
});
