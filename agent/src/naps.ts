import type { Machine } from "./machine/machine.ts";

/** Sleeps that can be cut short. Who is woken while awake does not fall asleep the next time. */
export function naps({ sleep }: Pick<Machine, "sleep">, signal: AbortSignal) {
  let current: AbortController | undefined;
  let isDue = false;
  signal.addEventListener("abort", () => current?.abort(), { once: true });
  return {
    wake() {
      isDue = true;
      current?.abort();
    },
    async nap(ms: number): Promise<void> {
      current = new AbortController();
      if (!isDue && !signal.aborted) await sleep(ms, current.signal).catch(() => undefined);
      current = undefined;
      isDue = false;
    },
  };
}
