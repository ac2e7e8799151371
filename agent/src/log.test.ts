import { expect, test } from "vitest";
import { type LogFormat, createLog } from "./log.ts";

function lines(format: LogFormat) {
  const written: string[] = [];
  return { written, log: createLog({ format, level: "info", now: () => 0, write: (line) => written.push(line) }) };
}

test("what is below the level is left out", () => {
  const { log, written } = lines("json");
  log.debug("noise");
  expect(written).toEqual([]);
});

test("a line of JSON carries the fields it was made with and its own", () => {
  const { log, written } = lines("json");
  log.with({ jobId: "job_1" }).warn("job failed", { code: "PULL_FAILED" });
  expect(JSON.parse(written[0]!)).toEqual({
    at: "1970-01-01T00:00:00.000Z",
    level: "warn",
    message: "job failed",
    jobId: "job_1",
    code: "PULL_FAILED",
  });
});

test("what others said cannot begin a line of its own", () => {
  const { log, written } = lines("pretty");
  log.info("a\nfake line\u001b[31m", { image: "x\ny" });
  expect(written).toEqual(['1970-01-01T00:00:00.000Z info  a fake line [31m image="x\\ny"\n']);
});
