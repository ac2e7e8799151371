import { writeFileSync } from "node:fs";
import { endAll } from "./ends.ts";
import type { Answer, Row } from "./answer.ts";
import { summary } from "./statistics.ts";
import { table } from "./table.ts";

interface Reading {
  what: string;
  unit: Row["unit"];
  here: number[];
  peer?: { name: string; readings: number[] };
  budget?: { says: string; keeps(row: Row): boolean };
}

export function row({ what, unit, here, peer, budget }: Reading): Row {
  const made: Row = { what, unit, here: summary(here) };
  if (peer) {
    made.peer = { name: peer.name, ...summary(peer.readings) };
    const of = (key: "p50" | "p95" | "p99") => made.here[key] / made.peer![key];
    // Of what is too small to be measured nothing is a multiple.
    if (made.peer.p50 > 0) made.ratio = { p50: of("p50"), p95: of("p95"), p99: of("p99") };
  }
  if (budget) made.budget = { says: budget.says, kept: budget.keeps(made) };
  return made;
}

/** A quick look while something is being written, not a measurement. */
const short = process.env["BENCH_SHORT"] === "1";
export const times = (full: number, atLeast = 3) => (short ? Math.max(atLeast, Math.round(full / 10)) : full);

/** Asks one question of the built programs, and ends everything it began. */
export async function question(text: string, ask: () => Promise<Row[]>) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => void endAll().finally(() => process.exit(130)));
  const began = performance.now();
  try {
    const answer: Answer = { question: text, rows: await ask(), tookSeconds: Math.round((performance.now() - began) / 1_000) };
    const file = process.env["BENCH_ANSWER"];
    if (file) writeFileSync(file, JSON.stringify(answer));
    else console.log(table(answer));
  } finally {
    await endAll();
  }
  process.exit();
}
