import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { randomBytes } from "node:crypto";
import { atEnd } from "./ends.ts";

export const root = dirname(dirname(import.meta.dirname));
/** The built programs, as users start them. */
export const dist = process.env["APPOS_E2E_DIST"] ?? join(root, "dist");

/** An empty folder that is gone when the stories are over. */
export function folder(name: string): string {
  const path = mkdtempSync(join(tmpdir(), `appos-e2e-${name}-`));
  atEnd(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/** A name that nobody else on this machine uses. */
export const named = (noun: string) => `${noun}-${randomBytes(2).toString("hex")}`;

// Stories that run side by side, in other processes, take from other ends.
const FIRST = Number(process.env["APPOS_E2E_PORTS"] ?? 9360);
const EACH = 20;
const mine = FIRST + ((Number(process.env["VITEST_POOL_ID"] ?? 1) - 1) % 4) * EACH;
/** A number that stories have for themselves which run side by side with others: from 0 to 99. */
export const seat = Math.floor(mine / EACH) % 100;
const given = new Set<number>();

/** A port on which nothing listens, and which no other story was given. */
export async function port(): Promise<number> {
  for (let candidate = mine; candidate < mine + EACH; candidate++) {
    if (given.has(candidate)) continue;
    given.add(candidate);
    if (await isFree(candidate)) return candidate;
    given.delete(candidate);
  }
  throw new Error(`No port is free from ${mine} to ${mine + EACH - 1}`);
}

function isFree(candidate: number): Promise<boolean> {
  return new Promise((answer) => {
    const probe = createServer();
    probe.on("error", () => answer(false));
    probe.listen(candidate, "0.0.0.0", () => probe.close(() => answer(true)));
  });
}
