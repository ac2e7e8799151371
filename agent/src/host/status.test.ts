import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { cli } from "./cli.ts";
import { statusFile } from "./status-file.ts";

const identity = {
  url: "https://appos.example.org",
  serverId: "srv_1",
  serverName: "tokyo-1",
  controlPlaneId: `cp_${"a".repeat(43)}`,
  controlPlaneKey: "b".repeat(43),
  privateKey: "secret-private-key",
};
let dir = "";
const enrolled = () => writeFileSync(join(dir, "agent.json"), JSON.stringify(identity), { mode: 0o600 });
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "appos-status-"));
});

async function agent(...args: string[]) {
  const said: string[] = [];
  const terminal = {
    say: (line: string) => said.push(line),
    complain: (line: string) => said.push(line),
    interactive: false,
    screen: false,
    readLine: async () => "",
  };
  return { code: await cli(args, { APPOS_AGENT_DIR: dir }, terminal), said: said.join("\n") };
}

test("a machine that is not enrolled says how to become a server", async () => {
  expect(await agent("status")).toEqual({ code: 1, said: expect.stringContaining("not enrolled yet") });
  expect(await agent("run")).toEqual({ code: 1, said: expect.stringContaining("not enrolled yet") });
});

test("an identity without the control plane's key starts nothing", async () => {
  writeFileSync(join(dir, "agent.json"), JSON.stringify({ ...identity, controlPlaneId: "" }));
  expect(await agent("run")).toEqual({ code: 1, said: expect.stringContaining("damaged") });
});

test("an agent that does not run is said to be stopped, whatever it wrote before", async () => {
  enrolled();
  statusFile(join(dir, "status.json"), "1.2.3");
  const left = JSON.parse(readFileSync(join(dir, "status.json"), "utf8")) as object;
  writeFileSync(join(dir, "status.json"), JSON.stringify({ ...left, start: "1" }));
  expect(await agent("status")).toEqual({ code: 1, said: expect.stringContaining("not running") });
});

test("a running agent tells its link, its Docker and its jobs", async () => {
  enrolled();
  const status = statusFile(join(dir, "status.json"), "1.2.3");
  status.tell({ link: { state: "down", since: 0, lastError: "nothing listens there" } });
  expect(await agent("status")).toEqual({ code: 1, said: expect.stringContaining("nothing listens there") });
  status.tell({ link: { state: "up", since: 0, lastError: null }, jobs: [{ id: "job_1", kind: "deploy-app", since: 0 }] });
  const { code, said } = await agent("status");
  expect(code).toBe(0);
  expect(said).toMatch(/tokyo-1 \(srv_1\)[^]*https:\/\/appos.example.org[^]*up since 1970-01-01T00:00:00Z[^]*deploy-app job_1/);
  expect(said).not.toContain("secret-private-key");
});

test("waiting ends as soon as the link is up", async () => {
  enrolled();
  const status = statusFile(join(dir, "status.json"), "1.2.3");
  setTimeout(() => status.tell({ link: { state: "up", since: 0, lastError: null } }), 300);
  expect((await agent("status", "--wait", "10")).code).toBe(0);
});

test("a command that does not exist is named", async () => {
  expect(await agent("explode")).toEqual({ code: 2, said: 'appos-agent: There is no command explode. "appos-agent help" lists them.' });
});
