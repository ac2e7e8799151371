interface Task {
  at: number;
  order: number;
  run(): void;
}

export type VirtualTime = ReturnType<typeof virtualTime>;
const soon = setImmediate;

/** Time that goes by only when everything that waits for nothing but its turn has had it. */
export function virtualTime() {
  let now = 0;
  let asked = 0;
  /** A binary heap, soonest first. */
  const heap: Task[] = [];
  const before = (a: Task, b: Task) => a.at < b.at || (a.at === b.at && a.order < b.order);

  function push(task: Task) {
    let i = heap.push(task) - 1;
    for (let up = (i - 1) >> 1; i > 0 && before(task, heap[up]!); i = up, up = (i - 1) >> 1) heap[i] = heap[up]!;
    heap[i] = task;
  }
  function pop(): Task | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let down = 2 * i + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && before(heap[down + 1]!, heap[down]!)) down++;
      if (!before(heap[down]!, last)) break;
      heap[i] = heap[down]!;
      i = down;
    }
    heap[i] = last;
    return first;
  }

  function timer(ms: number, task: () => void): () => void {
    let canceled = false;
    push({ at: now + Math.max(0, Math.ceil(ms)), order: asked++, run: () => canceled || task() });
    return () => void (canceled = true);
  }

  return {
    /** Milliseconds since the world began. */
    now: () => now,
    timer,
    sleep: (ms: number) => new Promise<void>((done) => void timer(ms, done)),
    /** Lets the next thing happen; false when nothing is to come. */
    next(): boolean {
      const task = pop();
      if (!task) return false;
      now = task.at;
      task.run();
      return true;
    },
    /** Everything that waits for nothing but its turn has had it. */
    settle: () => new Promise<void>((done) => void soon(done)),
  };
}

export const turns = async (count: number) => {
  for (; count > 0; count--) await Promise.resolve();
};
