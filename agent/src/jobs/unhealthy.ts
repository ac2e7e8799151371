import type { Container } from "../machine/machine.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";

const LINES = 20;

/** A container did not become what it should: its last words are said, and kept with the failure. */
export async function unhealthy(container: Container, why: string, context: JobContext): Promise<JobFailure> {
  const { service } = container.status;
  const log: string[] = [];
  await context.machine.engine
    .logs(container, { tail: LINES, follow: false }, async (parts) => void log.push(...parts.map(({ text }) => text)), context.signal)
    .catch(() => undefined);
  const check = container.status.health === null ? [] : container.healthLines.slice(-LINES);
  say("The last lines of its log:", log, service, context);
  say("What its health check said last:", check, service, context);
  const last = check.at(-1) ?? log.at(-1);
  const message = `${service} did not become healthy: ${why}.${last ? ` Its last words: “${last.slice(0, 500)}”.` : ""}`;
  return new JobFailure("UNHEALTHY", message, { service, lines: [...log, ...check] });
}

function say(title: string, lines: string[], service: string, context: JobContext) {
  if (lines.length === 0) return;
  context.say.note(`${service}: ${title}`);
  for (const line of lines) context.say.line("stderr", line);
}
