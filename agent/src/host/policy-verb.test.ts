import { chmodSync, existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { cli } from "./cli.ts";

let dir = "";
let file = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "appos-policy-"));
  file = join(dir, "policy.yaml");
});
const write = (text: string, mode = 0o600) => {
  writeFileSync(file, text);
  chmodSync(file, mode);
};

async function agent(...args: string[]) {
  const said: string[] = [];
  const say = (line: string) => said.push(line);
  const code = await cli(
    args,
    { APPOS_AGENT_DIR: dir },
    { say, complain: say, interactive: false, screen: false, readLine: async () => "" },
  );
  return { code, said };
}

test("a fault is said as editors read it, and the exit code is 1", async () => {
  write("compose:\n  privileged: maybe\nterminal: {}\n");
  expect(await agent("policy", "check")).toEqual({
    code: 1,
    said: [
      `${file}:2:15: compose.privileged: Say true or false`,
      `${file}:3:1: There is no key terminal. Known are: jobs, terminals, users, registries, files, compose`,
    ],
  });
});

test("a file that others may write is no policy", async () => {
  write("terminals: {host: true}\n", 0o666);
  expect(await agent("policy", "check")).toMatchObject({ code: 1, said: [expect.stringContaining("may be changed by others")] });
  expect(await agent("policy", "show")).toMatchObject({ code: 1, said: [expect.stringContaining("takes on no job"), expect.anything()] });
  expect(await agent("policy", "allow", "exec")).toMatchObject({ code: 1 });
});

test("a draft is checked before it is put in place; no file is a policy too", async () => {
  const draft = join(dir, "draft.yaml");
  writeFileSync(draft, "jobs: {deny: [remove-app]}\n", { mode: 0o666 });
  expect(await agent("policy", "check", draft)).toEqual({ code: 0, said: [`${draft} is fine.`] });
  expect(await agent("policy", "check")).toMatchObject({ code: 0, said: [expect.stringContaining("only what is safe is allowed")] });
  expect(await agent("policy", "check", join(dir, "none.yaml"))).toMatchObject({ code: 1 });
});

test("every rule is shown with how it stands, where it is written, and what it is about", async () => {
  write("jobs: {deny: [remove-app]}\nregistries: {only: [ghcr.io]}\nusers: {only: []}\ncompose: {hostMounts: [/srv/a, /srv/b]}\n");
  const { code, said } = await agent("policy", "show");
  expect(code).toBe(0);
  const lines = said.map((line) => line.split(/ {2,}/));
  expect(lines).toContainEqual(["RULE", "NOW", "IN THE FILE", "ABOUT"]);
  expect(lines).toContainEqual(["host-terminal", "forbidden", "terminals.host", expect.any(String)]);
  expect(lines).toContainEqual(["exec", "allowed", "terminals.exec", expect.any(String)]);
  expect(lines).toContainEqual(["jobs", "all but remove-app", "jobs.deny", expect.any(String)]);
  expect(lines).toContainEqual(["registries", "only ghcr.io", "registries.only", expect.any(String)]);
  expect(lines).toContainEqual(["users", "none", "users.only", expect.any(String)]);
  expect(lines).toContainEqual(["host-mount", "/srv/a, /srv/b", "compose.hostMounts", expect.any(String)]);
  expect(said).toHaveLength(14);
});

test("a rule is allowed and denied in the file, which stays its owner's alone", async () => {
  expect(await agent("policy", "allow", "host-terminal")).toMatchObject({
    code: 0,
    said: [expect.stringContaining("host-terminal is now: allowed")],
  });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, "utf8")).toBe("terminals:\n  host: true\n");
  expect(await agent("policy", "allow", "host-terminal")).toEqual({ code: 0, said: ["Nothing changes: it is so already."] });
  await agent("policy", "deny", "jobs", "remove-app");
  await agent("policy", "deny", "host-terminal");
  expect(readFileSync(file, "utf8")).toBe("terminals:\n  host: false\njobs:\n  deny:\n    - remove-app\n");
});

test.each([
  [["policy"], "Say one of"],
  [["policy", "lift"], "Say one of"],
  [["policy", "allow"], "Rules are: host-terminal, exec"],
  [["policy", "allow", "everything"], "There is no rule everything"],
  [["policy", "deny", "jobs"], "deny jobs KIND"],
  [["policy", "deny", "jobs", "deploy"], "jobs.deny knows"],
])("%j is answered with what can be said", async (args, why) => {
  expect(await agent(...args)).toMatchObject({ code: 1, said: [expect.stringContaining(why)] });
  expect(existsSync(file)).toBe(false);
});

test("the doctor and the status say what differs from the defaults, or what is wrong", async () => {
  const lineOf = async (verb: string) => (await agent(verb)).said.find((line) => /\bPolicy/.test(line));
  expect(await lineOf("doctor")).toMatch(/^ok {4}Policy +only what is safe is allowed$/);
  write("terminals: {host: true}\njobs: {deny: [remove-app]}\n");
  expect(await lineOf("doctor")).toMatch(/^ok {4}Policy +host-terminal allowed; jobs all but remove-app$/);
  write("terminals: {host: 1}\n");
  expect(await lineOf("doctor")).toMatch(/^FAIL {2}Policy .*cannot be used.*line 1, column 19/);
});
