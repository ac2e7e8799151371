import { z } from "zod";
import type { AppFolder, ReleaseFiles } from "./app-folder.ts";
import type { JobContext } from "./job.ts";
import { currentRelease, isRunning } from "./releases.ts";
import { failedRelease } from "./restore.ts";

const Before = z.object({ ran: z.boolean() });

/** Whether anything would be missed if it were not put back. What a cut off attempt left behind says nothing about what was before: it is noted first. */
export async function wasRunning(app: AppFolder, files: ReleaseFiles, context: JobContext): Promise<boolean> {
  const { machine, attempt } = context;
  const noted = attempt > 1 ? await notedBefore(files, context) : undefined;
  if (noted) return noted.ran;
  const ran = await isRunning(machine, app);
  await machine.files.write({ [files.before]: JSON.stringify({ ran }) });
  return ran;
}

/** Canceled while an earlier attempt was under way, which was cut off: what that had begun is taken back. */
export async function givenUpBefore(app: AppFolder, files: ReleaseFiles, context: JobContext): Promise<unknown> {
  const noted = await notedBefore(files, context);
  if (!noted) return context.signal.reason as unknown;
  const before = await currentRelease(context.machine, app);
  return failedRelease(context.signal.reason, { app, before, ...noted }, context);
}

/**
 * Does what starts a release. Once that is over, however it ended, what was noted before goes: a later job for the same release that is cut off
 * before it came to note anything would take it for its own.
 */
export async function notingBefore<T>({ before }: ReleaseFiles, { machine, attempt }: JobContext, task: () => Promise<T>): Promise<T> {
  if (attempt === 1) await machine.files.remove(before);
  try {
    return await task();
  } finally {
    await machine.files.remove(before).catch(() => undefined);
  }
}

/** Whether an earlier attempt was cut off after it had come to start it. */
export const hasBegun = async (files: ReleaseFiles, context: JobContext) =>
  context.attempt > 1 && (await notedBefore(files, context)) !== undefined;

/** Undefined where nothing of this release was started yet. */
async function notedBefore({ before }: ReleaseFiles, { machine }: JobContext) {
  const text = await machine.files.read(before);
  return text === undefined ? undefined : Before.parse(JSON.parse(text));
}
