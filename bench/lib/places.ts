import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { atEnd } from "./ends.ts";

export const root = dirname(dirname(import.meta.dirname));
/** The built programs, as users start them; BENCH_DIST names others, to compare. */
export const dist = process.env["BENCH_DIST"] ?? join(root, "dist");

/** An empty folder that is gone when the measurement is over. */
export function folder(name: string): string {
  const path = mkdtempSync(join(tmpdir(), `bench-${name}-`));
  atEnd(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/** The questions are asked one after the other, so that they may share their ports. */
export const ports = { appos: 9400, peer: 9410, redis: 9411, app: 9420, libsql: 9430, workers: 9440, http: 9450, https: 9451 };

/** Asks again until the answer is something, and gives it back. */
export async function until<T>(what: string, ask: () => Promise<T> | T, within = 30_000, everyMs = 20): Promise<NonNullable<T>> {
  for (const end = performance.now() + within; performance.now() < end; await sleep(everyMs)) {
    const answer = await ask();
    if (answer) return answer;
  }
  throw new Error(`Waited ${within / 1_000} s in vain: ${what}`);
}
