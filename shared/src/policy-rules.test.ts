import { expect, test } from "vitest";
import { defaultPolicy, inForce, Policy, PolicyFile, reportedPolicy, unusable } from "./policy.ts";
import { allowJob, allowTerminal } from "./policy-rules.ts";

const policy = (file: object) => inForce(PolicyFile.parse(file));
const job = (file: object, kind = "deploy-app", by: string | null = "ada@example.org") => allowJob(policy(file), { kind, by })?.rule;
const terminal = (file: object, type: "host" | "exec", by: string | null = "ada@example.org") =>
  allowTerminal(policy(file), { target: { type }, by })?.rule;

test("a kind of job that is denied is refused, and no other", () => {
  expect(job({ jobs: { deny: ["remove-app"] } }, "remove-app")).toBe("jobs");
  expect(job({ jobs: { deny: ["remove-app"] } }, "deploy-app")).toBeUndefined();
});

test("where users are named, nobody else causes anything; AppOS itself only by its own name", () => {
  const named = { users: { only: ["Ada@Example.org"] } };
  expect(job(named)).toBeUndefined();
  expect(job(named, "stop-app", "ADA@example.org")).toBeUndefined();
  expect(job(named, "stop-app", "eve@example.org")).toBe("users");
  expect(job(named, "stop-app", null)).toBe("users");
  expect(job({ users: { only: ["appos"] } }, "stop-app", null)).toBeUndefined();
  expect(job({ users: { only: [] } })).toBe("users");
  expect(terminal({ ...named, terminals: { host: true } }, "host", "eve@example.org")).toBe("users");
});

test("a person cannot pass for AppOS itself", () => {
  expect(job({ users: { only: ["ada@example.org"] } }, "stop-app", "appos")).toBe("users");
});

test("a terminal on the server is off unless it is allowed, one in a container on unless it is not", () => {
  expect(terminal({}, "host")).toBe("host-terminal");
  expect(terminal({ terminals: { host: true } }, "host")).toBeUndefined();
  expect(terminal({}, "exec")).toBeUndefined();
  expect(terminal({ terminals: { exec: false } }, "exec")).toBe("exec");
});

test("a policy that cannot be used allows nothing, and says why", () => {
  const broken = unusable("line 1, column 2: Say true or false.");
  for (const kind of ["deploy-app", "stop-app"]) expect(allowJob(broken, { kind, by: null })).toMatchObject({ rule: "policy-file" });
  for (const type of ["host", "exec"] as const)
    expect(allowTerminal(broken, { target: { type }, by: null })).toMatchObject({
      rule: "policy-file",
      message: expect.stringContaining("line 1, column 2"),
    });
});

test("what an agent reports is read as it was sent, and what a newer one knows besides is let be", () => {
  const sent = { ...defaultPolicy, terminals: { host: true, exec: true, video: true }, weather: { rain: false } };
  expect(Policy.parse(JSON.parse(JSON.stringify(sent)))).toEqual({ ...defaultPolicy, terminals: { host: true, exec: true } });
  expect(reportedPolicy({ policy: defaultPolicy, policyProblem: "bad" })?.problem).toBe("bad");
  expect(reportedPolicy({})).toBeUndefined();
  expect(reportedPolicy(null)).toBeUndefined();
});

test.each(["rollback-app", "adopt-app"])("a server that takes on no deployment takes on no %s either", (kind) => {
  const policy = inForce(Policy.parse({ jobs: { deny: ["deploy-app"] } }));
  expect(allowJob(policy, { kind, by: null })).toMatchObject({ rule: "jobs", message: expect.stringContaining("of the kind deploy-app") });
  expect(allowJob(inForce(Policy.parse({ jobs: { deny: [kind] } })), { kind: "deploy-app", by: null })).toBeUndefined();
});
