import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fakeMachine } from "./machine/fake-machine.ts";
import { parsePolicy, readPolicy } from "./policy-file.ts";
import { policyInForce } from "./policy-in-force.ts";

const problems = (text: string) => {
  const read = parsePolicy(text);
  return "problems" in read ? read.problems.map(({ line, column, message }) => `${line}:${column} ${message}`) : [];
};

test.each([
  ["compose:\n  privileged: yes\n", ["2:15 compose.privileged: Say true or false"]],
  ["terminals:\n  hots: true\n", ["2:3 terminals has no key hots. Known are: host, exec"]],
  ["jobs: {deny: [deploy]}", [expect.stringMatching(/^1:15 jobs\.deny knows: deploy-app, /)]],
  ["files:\n  roots:\n    - /srv\n    - srv/x\n", ["4:7 files.roots: Give an absolute path, such as /srv/media"]],
  ["users: {only: ada@example.org}", ["1:15 users.only must be a list"]],
  ["compose: {}\ncompose: {privileged: true}\n", ["2:1 This is not YAML: Map keys must be unique"]],
  ["- a", ["1:1 The file must be a map of keys to values"]],
])("what is wrong with %j is said with its place", (text, expected) => {
  expect(problems(text)).toEqual(expected);
});

test("everything that is wrong is said, in the order of the lines", () => {
  expect(problems("zzz: 1\nterminals: {host: 1}\ncompose: {hostMounts: [a, /b, c]}\n").map((line) => line.split(" ")[0])).toEqual([
    "1:1",
    "2:19",
    "3:24",
    "3:31",
  ]);
});

test("a policy that cannot be used closes everything, and says where it is wrong", async () => {
  const server = fakeMachine();
  server.policy = "terminals: {host: true}\ncompose: {dockersocket: true}";
  const { problem, terminals } = await policyInForce(server.machine);
  expect(problem).toMatch(/^line 2, column 11: compose has no key dockersocket\./);
  expect(terminals).toEqual({ host: false, exec: false });
});

test("a server's facts carry its policy, and why it cannot be used", async () => {
  const server = fakeMachine();
  expect(await server.machine.facts()).toMatchObject({ policy: { terminals: { host: false, exec: true } }, policyProblem: null });
  server.policy = "{";
  expect(await server.machine.facts()).toMatchObject({ policyProblem: expect.stringContaining("line 1") });
});

test("every example in the guide is a policy that can be used", () => {
  const guide = readFileSync(new URL("../../docs/guides/policy.md", import.meta.url), "utf8");
  const examples = [...guide.matchAll(/```yaml\n([^]*?)```/g)].map(([, text]) => text!);
  expect(examples.length).toBeGreaterThan(8);
  for (const example of examples) expect(() => readPolicy(example), example).not.toThrow();
});
