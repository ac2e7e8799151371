// Lives seeds one after another: node main.ts --from K --seeds N [--step S] [--long] [--trace]. Prints one line of JSON for each finding.
import { parseArgs } from "node:util";
import { determined } from "./determinism.ts";

const { values } = parseArgs({
  options: {
    from: { type: "string", default: "1" },
    seeds: { type: "string", default: "100" },
    step: { type: "string", default: "1" },
    trace: { type: "boolean", default: false },
    /** Every life is a long one, as otherwise one in twenty is. */
    long: { type: "boolean", default: false },
  },
});
const say = (line: string) => process.stdout.write(`${line}\n`);
const [from, seeds, step] = [Number(values.from), Number(values.seeds), Number(values.step)];
const began = performance.now();
let now = Date.UTC(2026, 10, 21);
const chance = determined(() => now);
const { controlPlane } = await import("./control.ts");
const { live } = await import("./life.ts");
const { Violation } = await import("./witness.ts");

const control = await controlPlane();
let lived = 0;
let jobs = 0;
let failed = 0;
let virtualMs = 0;
process.on("unhandledRejection", (error) => {
  say(JSON.stringify({ seed: from + lived * step, fault: String(error instanceof Error ? error.stack : error) }));
  process.exit(1);
});
/** Nothing is learned from more than a few. */
const ENOUGH = 5;
for (; lived < seeds && failed < ENOUGH; lived++) {
  const seed = from + lived * step;
  now = Date.UTC(2026, 10, 21) + seed * 86_400_000;
  try {
    const life = await live(control, seed, chance, { trace: values.trace ? say : undefined, long: values.long });
    jobs += life.jobs;
    virtualMs += life.virtualMs;
    if (values.trace) say(JSON.stringify(life));
  } catch (error) {
    failed++;
    say(
      JSON.stringify({ seed, ...(error instanceof Violation ? { violation: error.message } : { fault: String((error as Error).stack) }) }),
    );
  }
}
const seconds = (performance.now() - began) / 1_000;
say(JSON.stringify({ lived, failed, jobs, virtualHours: Math.round(virtualMs / 36_000) / 100, seconds: Math.round(seconds * 10) / 10 }));
process.exit(failed > 0 ? 1 : 0);
