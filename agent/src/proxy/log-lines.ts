import type { Machine } from "../machine/machine.ts";
import type { Where } from "./where.ts";

const LOG_MS = 10_000;

/** So many lines of what the proxy has said last. */
export async function lastLines(where: Where, tail: number, { engine }: Pick<Machine, "engine">): Promise<string[]> {
  // Where the server's own says something is its own affair.
  if ("acts" in where) return [];
  const lines: string[] = [];
  const question = { tail, follow: false };
  await engine.logs(where, question, async (parts) => void lines.push(...parts.map(({ text }) => text)), AbortSignal.timeout(LOG_MS));
  return lines;
}
