import { expect, test } from "vitest";
import { goesOn, isSoGrave, levelOf } from "./log-level.ts";

test.each([
  ['{"level":"error","ts":1,"msg":"no"}', "error"],
  ['{"time":1,"level":30,"msg":"listening"}', "info"],
  ['{"level":50,"msg":"failed"}', "error"],
  ['{"t":{"$date":"2026-11-22T01:02:03Z"},"s":"W","c":"STORAGE"}', "warn"],
  ['{"@t":"2026","@l":"Debug","@m":"x"}', "debug"],
  ['{"hello":"error"}', undefined],
  ['time="2026-11-22T01:02:03Z" level=warning msg="slow query"', "warn"],
  ["ts=1 lvl=eror caller=main.go", undefined],
  ["ts=1 lvl=info caller=main.go", "info"],
  ["E1122 01:02:03.123456       1 main.go:10] cannot connect", "error"],
  ["I1122 01:02:03.123456       1 main.go:10] started", "info"],
  ["2026/11/22 01:02:03 [error] 31#31: *1 connect() failed (111: Connection refused)", "error"],
  ["2026/11/22 01:02:03 [notice] 1#1: start worker processes", "info"],
  ["[Sun Nov 22 01:02:03.1 2026] [core:warn] [pid 7:tid 9] AH00098: pid file overwritten", "warn"],
  ['2026-11-22 01:02:03.123 UTC [77] ERROR:  relation "x" does not exist at character 15', "error"],
  ["2026-11-22 01:02:03.123 UTC [1] LOG:  database system is ready to accept connections", "info"],
  ['2026-11-22 01:02:03.123 UTC [9] FATAL:  password authentication failed for user "app"', "error"],
  ["2026-11-22  1:02:03 0 [Warning] Aborted connection 8", "warn"],
  ["2026-11-22  1:02:03 0 [Note] mariadbd: ready for connections.", "info"],
  ["2026-11-22 01:02:03,123 WARN  [main] org.example.App - low on space", "warn"],
  ["2026-11-22T01:02:03.1Z\tDEBUG\tserver/http.go:1\tcache hit", "debug"],
  ["WARNING:root:deprecated", "warn"],
  ["E, [2026-11-22T01:02:03 #1] ERROR -- : boom", "error"],
  ["\u001b[32mINFO\u001b[0m  started", "info"],
  ["\u001b[31merror\u001b[0m: it broke", "error"],
  ["Error: listen EADDRINUSE: address already in use", "error"],
  ["TypeError: x is not a function", "error"],
  ["java.lang.IllegalStateException: closed", "error"],
  ["Traceback (most recent call last):", "error"],
  ["panic: runtime error: index out of range", "error"],
  ["PHP Fatal error:  Uncaught Error", "error"],
  ["PHP Warning:  Undefined variable", "warn"],
  ["npm warn deprecated x", undefined],
  ['10.0.0.1 - - [22/Nov/2026:01:02:03 +0000] "GET /error HTTP/1.1" 200 12 "-" "curl"', "info"],
  ['10.0.0.1 - - [22/Nov/2026:01:02:03 +0000] "GET / HTTP/1.1" 502 12 "-" "curl"', "error"],
  ["1:M 22 Nov 2026 01:02:03.123 # WARNING overcommit_memory is set to 0", "warn"],
  ["1:M 22 Nov 2026 01:02:03.123 * Ready to accept connections", "info"],
  ["<3>disk is full", "error"],
  ["no errors were found", undefined],
  ["GET /warnings", undefined],
  ["line 17", undefined],
  ["", undefined],
])("%j is %s", (line, level) => {
  expect(levelOf(line)).toBe(level);
});

test("a line that goes on belongs to the one before", () => {
  expect(["\tat x.y(Z.java:1)", "    at foo (bar.js:1:2)", "Caused by: java.io.IOException", '  File "a.py", line 1'].map(goesOn)).toEqual(
    Array(4).fill(true),
  );
  expect(["started", "", " "].map(goesOn)).toEqual([false, false, false]);
});

test("what does not say how grave it is counts as info", () => {
  expect([undefined, "error", "debug"].map((level) => isSoGrave(level as never, "info"))).toEqual([true, true, false]);
  expect([undefined, "error", "warn"].map((level) => isSoGrave(level as never, "warn"))).toEqual([false, true, true]);
});

test("a long line that fits nothing takes no time", () => {
  const begun = performance.now();
  for (const piece of ["a ", "[", "level= ", "error ", "\u001b[", '{"s":']) levelOf(piece.repeat(8_000));
  expect(performance.now() - begun).toBeLessThan(50);
});
