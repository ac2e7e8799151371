/** What is asked of it while it is busy is done together, next: each once, in the order asked for, and for one key never twice in a group. */
export function inGroups<T extends { key: string }>(most: number, run: (group: T[]) => Promise<void>) {
  let waiting: { item: T; done: () => void; failed: (error: unknown) => void }[] = [];
  let busy = false;

  function take() {
    const keys = new Set<string>();
    const end = waiting.findIndex(({ item: { key } }, i) => i >= most || keys.size === keys.add(key).size);
    const group = waiting.slice(0, end < 0 ? undefined : end);
    waiting = waiting.slice(group.length);
    return group;
  }

  async function work() {
    busy = true;
    while (waiting.length > 0) {
      const group = take();
      await run(group.map(({ item }) => item)).then(
        () => group.forEach(({ done }) => done()),
        (error: unknown) => group.forEach(({ failed }) => failed(error)),
      );
      // In a storm, everybody else's turn: the database answers without letting go of the thread.
      if (waiting.length >= most) await new Promise<void>((go) => setTimeout(go, 0));
    }
    busy = false;
  }

  return (item: T): Promise<void> =>
    new Promise((done, failed) => {
      waiting.push({ item, done, failed });
      if (!busy) void work();
    });
}
