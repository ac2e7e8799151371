import { expect, test } from "vitest";
import { processesWith } from "./engine-world.ts";
import { lineSplitter } from "./lines.ts";
import { runProgram } from "./spawn.ts";

async function run(script: string, options: Partial<Parameters<typeof runProgram>[2]> = {}) {
  const said: string[] = [];
  await runProgram("/bin/sh", ["-c", script], {
    env: { PATH: "/bin:/usr/bin" },
    onLine: (stream, text) => void said.push(`${stream} ${text}`),
    ...options,
  });
  return said;
}
test("a program hears nothing of the agent's environment, and nothing on standard input", async () => {
  process.env.APPOS_CANARY = "secret";
  expect(await run("echo ${APPOS_CANARY:-none} $(wc -c)")).toEqual(["stdout none 0"]);
});

test("a failure carries the exit code and the last words", async () => {
  await expect(run("echo fine; echo bad >&2; exit 7")).rejects.toMatchObject({
    exitCode: 7,
    lines: ["fine", "bad"],
    message: "sh ended with exit code 7",
  });
  await expect(runProgram("/no/such/program", [], { env: {} })).rejects.toMatchObject({
    exitCode: null,
    message: expect.stringContaining("could not be started"),
  });
});

test("cancel ends the whole group, those that will not listen too, before it is over", async () => {
  const stop = new AbortController();
  const running = run("trap '' TERM; sleep 98765431 & sleep 98765432; sleep 98765433", { signal: stop.signal, patienceMs: 200 });
  await expect.poll(() => processesWith("9876543").length).toBeGreaterThan(1);
  stop.abort("canceled");
  await expect(running).rejects.toBe("canceled");
  expect(processesWith("9876543")).toEqual([]);
});

test("a program that takes too long is ended, and one that leaves another behind too", async () => {
  await expect(run("sleep 98765441", { timeoutMs: 100 })).rejects.toMatchObject({ message: "sh did not finish within 0.1 s" });
  await run("sleep 98765442 >/dev/null 2>&1 & echo begun");
  expect(processesWith("9876544")).toEqual([]);
});

test("lines are cut by bytes where they have no end, and never inside a character", () => {
  const lines: string[] = [];
  const splitter = lineSplitter((text) => lines.push(text), 4);
  for (const chunk of ["a\r\n", "b", "c\n\n", "ééé", "é\n", "12345678\n", "\xff"])
    splitter.push(Buffer.from(chunk, chunk === "\xff" ? "latin1" : "utf8"));
  splitter.end();
  expect(lines).toEqual(["a", "bc", "", "éé", "éé", "", "1234", "5678", "", "\ufffd"]);
});
