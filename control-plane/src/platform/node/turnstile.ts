/**
 * Lets so many through at once. The others wait, in the order they came: were all let in, none would get through in time.
 * Whoever stays too long inside no longer counts, so that nobody can hold up the rest.
 */
export function turnstile({ atOnce, insideMs, waitMs }: { atOnce: number; insideMs: number; waitMs: number }) {
  let inside = 0;
  const waiting = new Set<() => void>();

  function go(): () => void {
    inside++;
    let done = false;
    const timer = setTimeout(leave, insideMs);
    timer.unref();
    function leave() {
      if (done) return;
      done = true;
      clearTimeout(timer);
      inside--;
      for (const enter of waiting) {
        if (inside >= atOnce) break;
        waiting.delete(enter);
        enter();
      }
    }
    return leave;
  }

  return {
    /** Resolves with how to leave; with nothing for those who would have had to wait too long, or gave up. */
    enter: (givesUp: (task: () => void) => void) =>
      new Promise<(() => void) | undefined>((resolve) => {
        if (inside < atOnce) return resolve(go());
        const enter = () => {
          clearTimeout(timer);
          resolve(go());
        };
        const giveUp = () => {
          clearTimeout(timer);
          waiting.delete(enter);
          resolve(undefined);
        };
        const timer = setTimeout(giveUp, waitMs);
        timer.unref();
        waiting.add(enter);
        givesUp(giveUp);
      }),
  };
}
