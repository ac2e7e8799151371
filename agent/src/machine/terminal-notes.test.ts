import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { endPrograms, processes } from "./leftovers.ts";
import { endTerminals } from "./terminal-notes.ts";

const folder = mkdtempSync(join(tmpdir(), "appos-notes-"));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const seconds = 100_000 + process.pid;
const sleepers = () =>
  spawnSync("pgrep", ["-f", `^sleep ${seconds}$`], { encoding: "utf8" })
    .stdout.trim()
    .split("\n")
    .filter(Boolean);
const until = async (seen: () => boolean) => {
  for (const end = Date.now() + 10_000; Date.now() < end && !seen();) await sleep(20);
  expect(seen()).toBe(true);
};

/** An agent that opens a terminal, and is killed. */
const agent = `
  import { openPty } from "${join(import.meta.dirname, "pty.ts")}";
  import { terminalNotes } from "${join(import.meta.dirname, "terminal-notes.ts")}";
  const pty = openPty({ id: "term_killed", cols: 80, rows: 24 }, { APPOS_STARTED_BY: "${folder}" }, terminalNotes("${folder}"));
  pty.write(Buffer.from("env -i sh -c 'trap \\"\\" HUP; sleep ${seconds}; :' &\\n"));
`;

test("a program that has cleared its mark ends with its terminal, also after the agent was killed", async () => {
  const killed = spawn(process.execPath, ["--input-type=module", "-e", agent], { stdio: ["ignore", "ignore", "inherit"] });
  await until(() => sleepers().length === 1 && existsSync(join(folder, "terminals.json")));
  const [note] = JSON.parse(readFileSync(join(folder, "terminals.json"), "utf8")) as [{ pid: number; started: number }];
  const gone = once(killed, "exit");
  killed.kill("SIGKILL");
  await gone;
  const ofSession = async () => (await processes("")).filter(({ session }) => session === note.pid).length;
  await endPrograms(folder);
  expect(sleepers()).toHaveLength(1);

  // Whoever has the number now, and was started at another time, is let be.
  const before = readFileSync(join(folder, "terminals.json"), "utf8");
  const other = spawn("sleep", ["60"], { detached: true });
  await once(other, "spawn");
  writeFileSync(join(folder, "terminals.json"), JSON.stringify([{ ...note, pid: other.pid }]));
  await endTerminals(folder);
  expect(other.exitCode ?? other.signalCode).toBeNull();
  other.kill("SIGKILL");

  writeFileSync(join(folder, "terminals.json"), before);
  await endTerminals(folder);
  expect(await ofSession()).toBe(0);
  expect(sleepers()).toEqual([]);
  expect(existsSync(join(folder, "terminals.json"))).toBe(false);
});
