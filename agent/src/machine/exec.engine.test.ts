import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type Docker from "dockerode";
import { dockerClient } from "./docker-client.ts";
import { BUSYBOX, engineWorld, processesWith } from "./engine-world.ts";
import { endInside, openExec, pidHere } from "./exec.ts";
import { endPrograms, processes } from "./leftovers.ts";
import { terminalNotes } from "./terminal-notes.ts";
import type { Container } from "./machine.ts";

const world = engineWorld();
afterAll(world.end);
const { machine, deploy } = world;
let container: Container;

beforeAll(async () => {
  expect(
    await deploy("h2-t", 1, `services: {w: {image: "${BUSYBOX}", command: [sleep, "9999"], stop_signal: KILL, init: true}}`),
  ).toMatchObject({
    outcome: "succeeded",
  });
  [container] = (await machine.engine.containers({ project: "appos-h2-t" })) as [Container];
});

const notes = terminalNotes(world.folder);

/** The engine, with another answer about what it has started. */
function asIfElsewhere(answer: (said: Docker.ExecInspectInfo) => Docker.ExecInspectInfo): Docker {
  const docker = dockerClient(undefined);
  const { getContainer } = docker;
  docker.getContainer = (id) => {
    const found = getContainer.call(docker, id);
    const exec = found.exec.bind(found);
    found.exec = (async (options: Docker.ExecCreateOptions) => {
      const made = await exec(options);
      const inspect = made.inspect.bind(made);
      made.inspect = (async () => answer(await inspect())) as typeof made.inspect;
      return made;
    }) as typeof found.exec;
    return found;
  };
  return docker;
}

/** A program in the container, by its number here. */
async function opened() {
  const { id, shows } = await open();
  await shows(/#/);
  const [found] = (await processes(`APPOS_TERMINAL=${id}`)).filter(({ marked }) => marked);
  return found!;
}

let number = 0;
async function open() {
  const id = `term_engine${process.pid}x${number++}`;
  const pty = (await machine.engine.openExec(container, { id, cols: 91, rows: 17 }))!;
  let text = "";
  pty.listen((bytes) => (text += Buffer.from(bytes).toString("latin1")));
  const type = (said: string) => pty.write(Buffer.from(said));
  async function shows(pattern: RegExp) {
    for (const end = Date.now() + 10_000; Date.now() < end; await sleep(10)) if (pattern.test(text)) return;
    throw new Error(`It does not show ${pattern}: ${text.slice(-500)}`);
  }
  return { id, pty, text: () => text, type, shows };
}

test("a shell in a container: typed into, resized, ended with its exit code", async () => {
  const { pty, type, shows } = await open();
  await type('stty size; echo "<$TERM>"; tty; while sleep 0.1; do stty size; done\n');
  await shows(/17 91\s+<xterm-256color>\s+\/dev\/pts\/\d/);
  for (let cols = 60; cols <= 150; cols++) pty.resize(cols, 40);
  await shows(/40 150/);
  await type("\u0003");
  await type("exit 6\n");
  expect(await pty.exited).toEqual({ code: 6, signal: null });
});

test("what a shell in a container started ends with it; the container's own program goes on", async () => {
  const { pty, type, shows } = await open();
  await type("(trap '' HUP TERM; sleep 8811) & setsid sleep 8811 & nohup sleep 8811 >/dev/null & sleep 0.3; echo be''gun\n");
  await shows(/begun/);
  expect(processesWith("sleep 8811").length).toBeGreaterThanOrEqual(2);
  await pty.end();
  await pty.exited;
  expect(processesWith("sleep 8811")).toEqual([]);
  const [same] = await machine.engine.containers({ project: "appos-h2-t" });
  expect(same).toMatchObject({ id: container.id, status: { state: "running", restarts: 0 } });
});

test("an agent that starts again finds and ends what the one before left in containers", async () => {
  const { type, shows } = await open();
  await type("sleep 8812 & echo be''gun\n");
  await shows(/begun/);
  await endPrograms(machine.folder);
  expect(processesWith("sleep 8812")).toEqual([]);
});

test("a paused reader stops the program in the container", async () => {
  const { pty, type, shows, text } = await open();
  await type("stty -echo; echo re''ady\n");
  await shows(/ready/);
  pty.pause();
  const before = text().length;
  await type("head -c 20000000 /dev/zero | tr '\\0' x; echo ov''er\n");
  await sleep(1_000);
  expect(text().length - before).toBeLessThan(3_000_000);
  pty.resume();
  await shows(/over\s*\/? ?#? ?$/);
  expect(text().length - before).toBeGreaterThan(20_000_000);
  await pty.end();
});

test("what waits for a reader who is gone ends all the same", async () => {
  const { pty, type, shows } = await open();
  await shows(/#/);
  pty.pause();
  await type("cat /dev/zero\n");
  await sleep(500);
  await pty.end();
  expect(await Promise.race([pty.exited.then(() => "ended"), sleep(10_000)])).toBe("ended");
});

test("the engine's number of a program counts only where that program is in the container", async () => {
  const { pid } = await opened();
  expect(await pidHere(pid, container.id)).toBe(pid);
  expect(await pidHere(process.pid, container.id)).toBeUndefined();
  expect(await pidHere(2 ** 30, container.id)).toBeUndefined();
  expect(await pidHere(0, container.id)).toBeUndefined();
});

test("where the engine's numbers are another machine's, a shell is ended from inside its container", async () => {
  const elsewhere = asIfElsewhere((answer) => ({ ...answer, Pid: process.pid }));
  const options = { id: `term_elsewhere${process.pid}`, cols: 80, rows: 24 };
  const pty = (await openExec(elsewhere, container.id, options, {}, notes))!;
  await pty.write(Buffer.from("sleep 8813 & sleep 8813\n"));
  await sleep(500);
  expect(processesWith("sleep 8813")).toHaveLength(2);
  await endInside(elsewhere.getContainer(container.id), "/bin/sh", options.id);
  expect(processesWith("sleep 8813")).toEqual([]);
  await pty.end();
  await pty.exited;
});

test("a shell about which nothing can be found out is not left alone", async () => {
  const elsewhere = asIfElsewhere(() => {
    throw new Error("Docker has gone");
  });
  const options = { id: `term_half${process.pid}`, cols: 80, rows: 24 };
  await expect(openExec(elsewhere, container.id, options, {}, notes)).rejects.toThrow("Docker has gone");
  expect((await processes(`APPOS_TERMINAL=${options.id}`)).filter(({ marked }) => marked)).toEqual([]);
});

test("a container without a shell has no terminal", async () => {
  const none = await machine.engine.openExec({ ...container, id: await bare() }, { id: "term_none", cols: 80, rows: 24 });
  expect(none).toBeUndefined();
});

/** A container in which there is one program, and it is no shell. */
async function bare() {
  const compose = `services: {w: {image: "${BUSYBOX}", command: [sh, -c, "rm /bin/sh /bin/ash; exec sleep 9999"], stop_signal: KILL}}`;
  await deploy("h2-u", 1, compose);
  await sleep(500);
  return (await machine.engine.containers({ project: "appos-h2-u" }))[0]!.id;
}
