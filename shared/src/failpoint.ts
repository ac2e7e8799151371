interface Listener {
  apposFailpoint?: (name: string) => void;
}

/**
 * Names a moment at which a process may be killed without anything being lost. Nobody listens but a test, which then kills it at
 * each (e2e/stories/failpoints.spec.ts).
 */
export const failpoint = (name: string) => (globalThis as Listener).apposFailpoint?.(name);
