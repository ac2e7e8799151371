/** Turns what is pushed, and waits each time until it is taken, into what is asked for piece by piece. Whoever asks no more stops it. */
export async function* pull<T>(push: (take: (piece: T) => Promise<void>, stop: AbortSignal) => Promise<void>): AsyncGenerator<T> {
  const stop = new AbortController();
  let come: (piece: T | typeof OVER) => void = () => {};
  const coming = () => new Promise<T | typeof OVER>((resolve) => (come = resolve));
  let next = coming();
  let taken = () => {};
  const take = (piece: T) =>
    new Promise<void>((resolve) => {
      taken = resolve;
      come(piece);
    });
  const problems: unknown[] = [];
  const over = push(take, stop.signal)
    .catch((error: unknown) => problems.push(error))
    .finally(() => come(OVER));
  try {
    for (;;) {
      const piece = await next;
      if (piece === OVER) break;
      next = coming();
      yield piece;
      taken();
    }
    if (problems.length > 0) throw problems[0];
  } finally {
    stop.abort();
    taken();
    await over;
  }
}

const OVER = Symbol("over");
