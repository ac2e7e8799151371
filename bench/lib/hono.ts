import { ports } from "./places.ts";
import { start } from "./program.ts";

/** A bare Hono server on the same Node, in a process of its own. */
export async function bareHono() {
  const program = start(process.execPath, [`${import.meta.dirname}/bare-hono.ts`]);
  await program.says(/Bare Hono answers/);
  return { url: `http://127.0.0.1:${ports.peer}`, pid: program.pid };
}
