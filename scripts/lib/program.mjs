import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const running = new Set();

/** Ends what is still running when we are told to stop. */
export const endPrograms = () => running.forEach((child) => child.kill("SIGTERM"));

/** Runs a program to its end without input and keeps what it said. Never throws: a program that does not exist has code 127. */
export function program(command, args, { env = process.env, cwd, timeoutMs } = {}) {
  const { promise, resolve } = Promise.withResolvers();
  const child = spawn(command, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"], timeout: timeoutMs, killSignal: "SIGKILL" });
  running.add(child);
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  child.stderr.on("data", (chunk) => chunks.push(chunk));
  const output = () => Buffer.concat(chunks).toString("utf8");
  child.on("error", (error) => resolve({ code: 127, output: error.message }));
  child.on("close", (code) => {
    running.delete(child);
    resolve({ code: code ?? 1, output: output() });
  });
  return promise;
}

/** Where a program is on the PATH (and in the folders of root's programs), or undefined. */
export function whereIs(name, path = process.env.PATH ?? "") {
  const folders = [...path.split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"].filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks again until the answer is yes, or the time is over. */
export async function waitFor(question, { seconds, everyMs = 200 }) {
  const until = Date.now() + seconds * 1000;
  while (Date.now() < until) {
    if (await question()) return true;
    await sleep(everyMs);
  }
  return false;
}
