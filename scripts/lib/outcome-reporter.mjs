// A vitest reporter: what came of a run, as JSON in the file that APPOS_TEST_OUTCOME names.
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { at } from "./root.mjs";

/** Of the trace only our own lines; and how what was expected differs from what came, which the message leaves out. */
const told = ({ message, stack, diff }) => {
  const trace = (stack ?? "").split("\n").filter((line) => /^\s+at /.test(line) && !line.includes("/node_modules/"));
  return stripVTControlCharacters([message, ...trace, ...(diff ? [diff] : [])].join("\n"));
};

export default class {
  onTestRunEnd(modules, elsewhere) {
    const outcome = { passed: 0, failed: 0, skipped: 0, reasons: [] };
    for (const module of modules) {
      const file = relative(at(), module.moduleId);
      const fails = (name, errors) => outcome.reasons.push([`${file}: ${name}`, ...errors.map(told), ""].join("\n"));
      for (const test of module.children.allTests()) {
        const { state, errors = [] } = test.result();
        outcome[state === "passed" || state === "failed" ? state : "skipped"]++;
        if (state === "failed") fails(test.fullName, errors);
      }
      if (module.errors().length > 0) fails("the file itself", module.errors());
    }
    if (elsewhere.length > 0) outcome.reasons.push(["outside of the tests", ...elsewhere.map(told), ""].join("\n"));
    writeFileSync(process.env.APPOS_TEST_OUTCOME, JSON.stringify(outcome));
  }
}
