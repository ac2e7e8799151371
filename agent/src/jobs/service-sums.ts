import { composeHashes, type Project } from "../commands/compose.ts";
import type { JobContext } from "./job.ts";

const LIMIT_MS = 30_000;

/** What Compose sums each service up as: a container with the same sum is left alone by `up`. */
export async function serviceSums(project: Project, { machine, signal }: JobContext): Promise<Map<string, string>> {
  const sums = new Map<string, string>();
  await machine.run(composeHashes(project), {
    signal,
    timeoutMs: LIMIT_MS,
    onLine: (stream, line) => {
      const [service, sum] = line.split(" ");
      if (stream === "stdout" && service && sum) sums.set(service, sum);
      return undefined;
    },
  });
  return sums;
}
