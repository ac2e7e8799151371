import { expect, test } from "vitest";
import { fakeMachine } from "../../machine/fake-machine.ts";
import type { CaaRecord } from "../../machine/machine.ts";
import { caaProblem, findCaa } from "./caa.ts";

const record = (tag: string, value: string, critical = false): CaaRecord => ({ tag, value, critical });
const own = ["letsencrypt.org"];
const problem = (records: CaaRecord[], name = "a.example.com") => caaProblem(name, { at: "example.com", records }, own)?.message;

test.each([
  ["no issue record", [record("iodef", "mailto:a@example.com")]],
  ["the authority", [record("issue", "letsencrypt.org")]],
  ["the authority with parameters", [record("issue", " LetsEncrypt.org. ; validationmethods=dns-01,http-01")]],
  ["one of several", [record("issue", "digicert.com"), record("issue", "letsencrypt.org")]],
  ["wildcards of another alone", [record("issuewild", "digicert.com")]],
])("it may issue where there is %s", (_, records) => expect(problem(records)).toBeUndefined());

test.each([
  ["another", [record("issue", "digicert.com")], "allows only digicert.com"],
  ["nobody", [record("issue", ";")], "allows no authority at all"],
  ["other ways of proof", [record("issue", "letsencrypt.org; validationmethods=dns-01")], "other ways of proof than HTTP only"],
  ["something critical that nobody knows", [record("issue", "letsencrypt.org"), record("tbs", "x", true)], "critical tag"],
])("it may not where it allows %s", (_, records, words) => expect(problem(records)).toContain(words));

test("a wildcard has records of its own, where there are any", () => {
  const records = [record("issue", "letsencrypt.org"), record("issuewild", "digicert.com")];
  expect(problem(records, "*.example.com")).toContain("digicert.com");
  expect(problem([record("issue", "letsencrypt.org")], "*.example.com")).toBeUndefined();
});

test("those of the nearest name that has any count, and of none above it", async () => {
  const { dns, machine } = fakeMachine();
  dns.set("example.com", { caa: [record("issue", "digicert.com")] }).set("b.example.com", { caa: [record("iodef", "x")] });
  expect(await findCaa("a.example.com", machine.names)).toMatchObject({ at: "example.com" });
  expect(await findCaa("a.b.example.com", machine.names)).toMatchObject({ at: "b.example.com" });
  expect(await findCaa("a.example.net", machine.names)).toBeUndefined();
  dns.set("a.b.example.com", { fails: "failed" });
  expect(caaProblem("a.b.example.com", await findCaa("a.b.example.com", machine.names), own)?.message).toContain("SERVFAIL");
  dns.set("a.b.example.com", { fails: "silent" });
  expect(await findCaa("a.b.example.com", machine.names)).toBeUndefined();
});
