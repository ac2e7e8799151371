import { fakeMachine } from "../agent/src/machine/fake-machine.ts";
import type { Machine } from "../agent/src/machine/machine.ts";

/** A server on which no time passes: it says once how it is, and then only what its jobs say. */
export function idleMachine(): Machine {
  const { machine } = fakeMachine();
  const forever = (signal?: AbortSignal) =>
    new Promise<void>((_, stopped) => signal?.addEventListener("abort", () => stopped(new Error("over"))));
  return { ...machine, sleep: (_, signal) => forever(signal) };
}
