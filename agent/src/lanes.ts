interface Task {
  run(): Promise<void>;
  urgent: boolean;
}

/** Runs tasks: those of one lane one at a time, in order; those of different lanes side by side, so many at once. What is urgent waits for its lane only. */
export function lanes(atOnce: number) {
  const queues = new Map<string, Task[]>();
  const waiting: string[] = [];
  let running = 0;

  function next() {
    for (;;) {
      const index = waiting.findIndex((lane) => running < atOnce || queues.get(lane)![0]!.urgent);
      if (index < 0) return;
      const [lane] = waiting.splice(index, 1) as [string];
      const { run, urgent } = queues.get(lane)![0]!;
      if (!urgent) running++;
      void run().finally(() => {
        if (!urgent) running--;
        const queue = queues.get(lane)!;
        queue.shift();
        if (queue.length > 0) waiting.push(lane);
        else queues.delete(lane);
        next();
      });
    }
  }

  return {
    /** Nothing of this lane runs or waits, and there is room for it. */
    isFree: (lane: string) => !queues.has(lane) && running < atOnce,
    /** Settles as the task does. */
    inLane<T>(lane: string, task: () => Promise<T>, { urgent = false } = {}): Promise<T> {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const queue = queues.get(lane) ?? [];
      queues.set(lane, queue);
      queue.push({ run: () => task().then(resolve, reject), urgent });
      if (queue.length === 1) waiting.push(lane);
      next();
      return promise;
    },
  };
}
