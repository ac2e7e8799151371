import type Docker from "dockerode";
import { openStream, statusOf } from "./docker-client.ts";
import { logReader } from "./log-frames.ts";
import type { Container, LogPart, LogQuestion } from "./machine.ts";

/** A container's log, as many lines at a time as come together; the next ones are read when these were taken. */
export async function readLogs(
  docker: Docker,
  container: Container,
  question: LogQuestion,
  onLines: (parts: LogPart[]) => Promise<void>,
  signal: AbortSignal,
) {
  const query = {
    stdout: "1",
    stderr: "1",
    timestamps: "1",
    follow: question.follow ? "1" : "0",
    tail: String(question.tail ?? "all"),
    ...from(question),
  };
  try {
    const stream = await openStream(docker, `/containers/${container.id}/logs`, query, signal);
    const stop = () => stream.destroy();
    signal.addEventListener("abort", stop, { once: true });
    try {
      const reader = logReader(container.tty);
      for await (const chunk of stream) {
        const lines = reader.push(chunk as Buffer);
        if (lines.length > 0) await onLines(lines);
      }
      const rest = reader.end();
      if (rest.length > 0) await onLines(rest);
    } finally {
      signal.removeEventListener("abort", stop);
      stream.destroy();
    }
  } catch (error) {
    if (!signal.aborted && statusOf(error) !== 404 && statusOf(error) !== 409) throw error;
  }
}

/** Docker counts in seconds, with nanoseconds behind the point. */
function from({ since, after }: LogQuestion): { since?: string } {
  if (after === undefined) return since === undefined ? {} : { since: (since / 1_000).toFixed(3) };
  const [, fraction = ""] = /\.(\d{1,9})/.exec(after) ?? [];
  const nanoseconds = BigInt(Math.floor(Date.parse(after) / 1_000)) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0")) + 1n;
  return { since: `${nanoseconds / 1_000_000_000n}.${String(nanoseconds % 1_000_000_000n).padStart(9, "0")}` };
}
