import { expect, test } from "vitest";
import { readPolicy } from "../policy-file.ts";
import { editPolicy } from "./policy-edit.ts";

const edit = (text: string, verb: "allow" | "deny", rule: string, value?: string) => editPolicy(text, { verb, rule, value });

test.each([
  ["a rule that is not there", "", "no-such-rule", undefined, "There is no rule no-such-rule"],
  ["a value for a switch", "", "host-terminal", "x", "it takes no x"],
  ["a list without a value", "", "host-mount", undefined, "host-mount FOLDER"],
  ["a value that does not fit", "", "host-mount", "relative", "Give an absolute path"],
  ["a file that is wrong already", "compose: [", "exec", undefined, "appos-agent policy check"],
])("nothing is written for %s", (_, text, rule, value, why) => {
  expect(() => edit(text, "allow", rule, value)).toThrow(why);
});

test("denying one of anything would allow nothing that was meant: it asks to begin with none", () => {
  expect(() => edit("", "deny", "registries", "ghcr.io")).toThrow("deny registries");
});

test("allowing never forbids", () => {
  expect(edit("", "allow", "users", "ada@example.org")).toBe("");
  expect(readPolicy(edit("users: {only: [ada@example.org]}", "allow", "users")).users.only).toBeNull();
});

test("comments and order stay as they are", () => {
  const text = `# The host's last word
terminals:
  exec: false # nobody looks into these
  # host: true

compose:
  # of the media server
  hostMounts:
    - /srv/media # films
    - /srv/books
`;
  expect(edit(text, "allow", "host-mount", "/srv/music")).toBe(text.replace("/srv/books\n", "/srv/books\n    - /srv/music\n"));
  expect(edit(text, "deny", "host-mount", "/srv/books")).toBe(text.replace("    - /srv/books\n", ""));
  const opened = edit(text, "allow", "host-terminal");
  expect(opened).toContain("exec: false # nobody looks into these");
  expect(opened).toContain("# The host's last word");
  expect(readPolicy(opened).terminals).toEqual({ host: true, exec: false });
});

test.each(["", "# just a comment\n", "terminals:\n", "terminals: {}\n", "terminals:\n  host:\n"])("a rule is written into %j", (text) => {
  const edited = edit(text, "allow", "host-terminal");
  expect(readPolicy(edited).terminals.host).toBe(true);
  if (text.startsWith("#")) expect(edited).toContain("# just a comment");
});

test("a kind of job is denied, allowed again, and denying it twice changes nothing", () => {
  const denied = edit("", "deny", "jobs", "remove-app");
  expect(readPolicy(denied).jobs.deny).toEqual(["remove-app"]);
  expect(edit(denied, "deny", "jobs", "remove-app")).toBe(denied);
  expect(readPolicy(edit(denied, "allow", "jobs", "remove-app")).jobs.deny).toEqual([]);
});

test("a list of all that is left begins with none", () => {
  const none = edit("", "deny", "registries");
  expect(readPolicy(none).registries.only).toEqual([]);
  expect(readPolicy(edit(none, "allow", "registries", "ghcr.io")).registries.only).toEqual(["ghcr.io"]);
});
