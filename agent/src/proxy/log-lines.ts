import type { Container, Machine } from "../machine/machine.ts";

const LOG_MS = 10_000;

/** So many lines of what the proxy has said last. */
export async function lastLines(container: Container, tail: number, { engine }: Pick<Machine, "engine">): Promise<string[]> {
  const lines: string[] = [];
  const question = { tail, follow: false };
  await engine.logs(container, question, async (parts) => void lines.push(...parts.map(({ text }) => text)), AbortSignal.timeout(LOG_MS));
  return lines;
}
