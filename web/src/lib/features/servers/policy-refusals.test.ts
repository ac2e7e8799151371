import { defaultPolicy } from "@appos/shared/policy";
import type { ServerView } from "@appos/shared/servers";
import { expect, test } from "vitest";
import { commandFor, jobRefusal, terminalRefusal } from "./policy-refusals.ts";

const server = (policy = defaultPolicy, policyProblem: string | null = null) =>
  ({ facts: { policy, policyProblem } }) as unknown as Pick<ServerView, "facts">;
const ada = "ada@example.org";

test("a server that has said nothing of its policy refuses nothing before it is asked", () => {
  expect(terminalRefusal({ facts: null }, "host", ada)).toBeUndefined();
  expect(jobRefusal(undefined, "deploy-app", ada)).toBeUndefined();
});

test("a terminal on the server itself is refused until its owner allows it, and the way is shown", () => {
  const refusal = terminalRefusal(server(), "host", ada)!;
  expect(refusal.rule).toBe("host-terminal");
  expect(commandFor(refusal)).toBe("appos-agent policy allow host-terminal");
  expect(terminalRefusal(server({ ...defaultPolicy, terminals: { host: true, exec: true } }), "host", ada)).toBeUndefined();
});

test("a kind of job that is denied, and a user who is not named, are told apart", () => {
  const noDeploys = server({ ...defaultPolicy, jobs: { deny: ["deploy-app"] } });
  expect(commandFor(jobRefusal(noDeploys, "deploy-app", ada)!, { kind: "deploy-app" })).toBe("appos-agent policy allow jobs deploy-app");
  expect(jobRefusal(noDeploys, "stop-app", ada)).toBeUndefined();
  const onlyGrace = server({ ...defaultPolicy, users: { only: ["grace@example.org"] } });
  expect(commandFor(jobRefusal(onlyGrace, "stop-app", ada)!, { by: ada })).toBe("appos-agent policy allow users ada@example.org");
});

test("a policy file that cannot be used refuses everything", () => {
  const refusal = jobRefusal(server(defaultPolicy, "line 3: no such rule"), "stop-app", ada)!;
  expect(refusal.message).toContain("line 3: no such rule");
  expect(commandFor(refusal)).toBe("appos-agent policy check");
});
