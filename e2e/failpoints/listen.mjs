// node --import …/listen.mjs: writes down each failpoint that a program comes by, and kills it at the one that is named in the file `armed`.
import { appendFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const folder = process.env.APPOS_FAILPOINTS;
const armed = join(folder, "armed");

globalThis.apposFailpoint = (name) => {
  appendFileSync(join(folder, "seen"), `${name}\n`);
  if (textOf(armed) !== name) return;
  rmSync(armed);
  process.kill(process.pid, "SIGKILL");
  // Nothing more happens in this process.
  for (;;);
};

function textOf(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
