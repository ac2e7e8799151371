import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import type { Pty } from "./machine.ts";
import { openPty } from "./pty.ts";

const opened: Pty[] = [];
afterEach(() => Promise.all(opened.splice(0).map((pty) => pty.end())));

let number = 0;
function open({ cols = 80, rows = 24 } = {}) {
  const id = `term_test${process.pid}x${number++}`;
  const pty = openPty({ id, cols, rows }, { APPOS_STARTED_BY: "/tmp/test" });
  opened.push(pty);
  const chunks: Buffer[] = [];
  pty.listen((bytes) => chunks.push(Buffer.from(bytes)));
  const text = () => Buffer.concat(chunks).toString("latin1");
  const bytes = () => chunks.reduce((sum, { length }) => sum + length, 0);
  const type = (said: string) => pty.write(Buffer.from(said));
  async function shows(pattern: RegExp) {
    for (const end = Date.now() + 10_000; Date.now() < end; await sleep(10)) if (pattern.test(text())) return;
    throw new Error(`It does not show ${pattern}: ${text().slice(-500)}`);
  }
  /** A shell that says nothing of its own. */
  async function quiet() {
    await type("PS1=; PROMPT_COMMAND=; unset HISTFILE; bind 'set enable-bracketed-paste off' 2>/dev/null; stty -echo; echo rea''dy\n");
    await shows(/ready/);
  }
  return { id, pty, text, bytes, type, shows, quiet };
}

const alive = (id: string) =>
  readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "latin1").includes(id);
    } catch {
      return false;
    }
  });

test("a login shell in a clean environment, with the size it was given", async () => {
  const { id, quiet, type, shows, pty } = open({ cols: 91, rows: 17 });
  await quiet();
  await type('stty size; echo "<$TERM|$APPOS_STARTED_BY|$APPOS_TERMINAL|$VITEST>"; shopt -q login_shell && echo lo""gin\n');
  await shows(/17 91/);
  await shows(new RegExp(`<xterm-256color\\|/tmp/test\\|${id}\\|>\\s+login`));
  pty.resize(120, 40);
  await type("stty size\n");
  await shows(/40 120/);
});

test("how it ended: by itself, or by a signal", async () => {
  const [first, second] = [open(), open()];
  await first.type("exit 9\n");
  expect(await first.pty.exited).toEqual({ code: 9, signal: null });
  await second.type("kill -KILL $$\n");
  expect(await second.pty.exited).toEqual({ code: null, signal: "SIGKILL" });
});

test("paused, the program waits; what it said last is read after its end all the same", async () => {
  const { pty, quiet, type, bytes, text } = open();
  await quiet();
  pty.pause();
  const before = bytes();
  await type("stty -opost; head -c 3000000 /dev/zero | tr '\\0' x; printf last; exit\n");
  await sleep(700);
  expect(bytes() - before).toBeLessThan(200_000);
  pty.resume();
  await pty.exited;
  expect(text().trimEnd().slice(-1_000)).toContain("xxxlast");
  expect(bytes() - before).toBeGreaterThanOrEqual(3_000_004);

  const short = open();
  await short.quiet();
  short.pty.pause();
  await short.type("echo the very l''ast; exit\n");
  expect(await short.pty.exited).toEqual({ code: 0, signal: null });
  expect(short.text()).toContain("the very last");
});

test("a program that does not read keeps nobody else waiting, and gets all of it in the end", async () => {
  const { quiet, type, shows } = open();
  await quiet();
  await type("stty raw; echo sle''ep; sleep 1; head -c 300000 | cksum; stty sane\n");
  await shows(/sleep/);
  const input = "0123456789".repeat(30_000);
  const at = performance.now();
  const taken = type(input);
  expect(performance.now() - at).toBeLessThan(100);
  expect(await Promise.race([taken.then(() => "taken"), sleep(300, "waits")])).toBe("waits");
  await taken;
  await shows(new RegExp(spawnSync("cksum", { input, encoding: "utf8" }).stdout.trim()));
});

test("every program of it ends with it: in the background, in a session of its own, deaf to hang-ups, without its mark", async () => {
  const { id, pty, quiet, type, shows } = open();
  await quiet();
  const programs = "(trap '' HUP TERM; sleep 600) & setsid sleep 600 & nohup sleep 600 >/dev/null 2>&1 & env -i /bin/sleep 617 &";
  await type(`${programs} sleep 0.2; echo be''gun\n`);
  await shows(/begun/);
  expect(alive(id).length).toBeGreaterThanOrEqual(4);
  const others = () => spawnSync("pgrep", ["-f", "^/bin/sleep 617$"], { encoding: "utf8" }).stdout.trim();
  expect(others()).not.toBe("");
  await pty.end();
  expect(alive(id)).toEqual([]);
  expect(others()).toBe("");
  await pty.exited;
});

test("programs that end at once lose no output", async () => {
  const one = async (i: number) => {
    const { pty, text, type } = open();
    await type(`exec echo number$((${i}+1000))\n`);
    await pty.exited;
    expect(text()).toContain(`number${i + 1000}`);
  };
  await Promise.all([1, 2, 3, 4, 5].map(one));
});
