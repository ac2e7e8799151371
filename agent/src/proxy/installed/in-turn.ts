/** What changes the configuration of the server's own proxy does so one after the other: a deployment, and whoever keeps it as it should be. */
const turns = new Map<string, Promise<unknown>>();

export function inTurn<T>({ folder }: { folder: string }, task: () => Promise<T>): Promise<T> {
  const done = (turns.get(folder) ?? Promise.resolve()).then(task);
  turns.set(
    folder,
    done.catch(() => undefined),
  );
  return done;
}
