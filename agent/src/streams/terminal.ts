import type { StreamHandler } from "./stream.ts";

/** One viewer's way to a terminal, which was there before it and stays when it goes. */
export const terminal: StreamHandler<"terminal"> = async (input, context) => {
  const found = await context.terminals.find(input, context.signal);
  // Who has gone meanwhile takes it from nobody.
  if (!context.signal.aborted) await found.attend(input, context);
};
