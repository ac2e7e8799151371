import type { StreamInput } from "@appos/shared/streams";
import { type LogOrigin, originOf } from "../log-archive/blocks.ts";
import type { Container, LogPart } from "../machine/machine.ts";
import type { LogContext } from "./log-context.ts";
import { isMeant, projectOf } from "./log-sources.ts";

async function containersOf(input: StreamInput<"logs">, context: LogContext) {
  const all = await context.machine.engine.containers({ project: await projectOf(input, context) });
  return all.filter(({ status }) => isMeant(input, status.service));
}

/** A log that ended is looked at again no sooner. */
const PAUSE_MS = 300;

/**
 * Follows every container of the app, those that start later too, until the reader has gone. `last` holds the stamp of the last line
 * known of each; of a container that is not in there, everything counts, or what came since `since`.
 */
export async function followAll(
  input: StreamInput<"logs">,
  context: LogContext,
  last: Map<string, string>,
  since: number | undefined,
  write: (origin: LogOrigin, parts: LogPart[]) => Promise<void>,
) {
  const { machine, signal } = context;
  const followed = new Set<string>();
  /** When each was started that was followed. */
  const seen = new Map<string, number | null>();
  let looking: Promise<void> | undefined;
  let again = false;

  async function follow(container: Container) {
    followed.add(container.id);
    const question = { since: last.has(container.id) ? undefined : since, after: last.get(container.id), follow: true };
    try {
      const pass = (parts: LogPart[]) => {
        last.set(container.id, parts.at(-1)!.stamp);
        return write(originOf(container), parts);
      };
      await machine.engine.logs(container, question, pass, signal);
    } catch {
      // The engine went away: whoever watches it says when it is back.
    }
    await machine.sleep(PAUSE_MS, signal).catch(() => undefined);
    followed.delete(container.id);
    look();
  }

  async function lookOnce() {
    const containers = await containersOf(input, context).catch(() => []);
    for (const container of containers) {
      const { id, status } = container;
      if (followed.has(id) || (seen.get(id) === status.startedAt && status.state !== "running")) continue;
      seen.set(id, status.startedAt);
      void follow(container);
    }
  }

  /** One look at a time, and one more if something changed meanwhile. */
  function look() {
    if (signal.aborted) return;
    again = looking !== undefined;
    looking ??= lookOnce().finally(() => {
      looking = undefined;
      if (again) look();
    });
  }

  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
    machine.engine.watch((appId) => (appId === null || appId === input.appId) && look(), signal);
    look();
  });
}
