import { errorText } from "../../errors.ts";
import type { Log } from "../../ports.ts";
import { placeOf } from "./place-of.ts";

/** What takes longer has not been answered. */
const ANSWER_MS = 8_000;

/** Asks the database, one thing at a time, and says once that it does not answer, and once that it does again. */
export function databaseWatch({ databaseUrl }: { databaseUrl: string }, log: Log) {
  let failing = false;
  let asking = false;
  const todo = databaseUrl.startsWith("file:")
    ? "Look whether its disk is full or broken."
    : "Look whether it runs and can be reached from here.";

  function failed(error: unknown) {
    if (!failing)
      log.error(
        `The database ${placeOf(databaseUrl)} does not answer. ${todo} Agents carry on with what they have accepted, and AppOS goes on by itself once it answers.`,
        { error: errorText(error) },
      );
    failing = true;
  }

  return async (ask: () => Promise<void>) => {
    if (asking) return;
    asking = true;
    const slow = setTimeout(failed, ANSWER_MS, new Error(`No answer for ${ANSWER_MS / 1_000} seconds`));
    try {
      await ask();
      clearTimeout(slow);
      if (failing) log.info("the database answers again");
      failing = false;
    } catch (error) {
      failed(error);
    } finally {
      clearTimeout(slow);
      asking = false;
    }
  };
}
