/** Lets so many do something at the same time; the others wait for their turn, or until they are no longer wanted. */
export function turnstile(most: number) {
  let inside = 0;
  const waiting: (() => void)[] = [];

  async function enter(signal: AbortSignal) {
    while (inside >= most) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    signal.throwIfAborted();
    inside++;
  }

  return async <T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    await enter(signal);
    try {
      return await act();
    } finally {
      inside--;
      // All of them look: who waited may be gone.
      for (const wake of waiting.splice(0)) wake();
    }
  };
}
