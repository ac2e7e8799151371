/** Windows of time in which failed log-ins are counted, by the account and by the caller's address. */
export const WINDOW_MS = 15 * 60_000;
export const ACCOUNT_LIMIT = 10;
export const ADDRESS_LIMIT = 50;

export const windowOf = (now: number) => Math.floor(now / WINDOW_MS);

/** Tries in the window that runs, this one among them, and in the one before. */
export interface Tries {
  now: number;
  before: number;
}

/**
 * Minutes until another try may be made; 0 when it may be made now. The window before counts by how much of it lies within the
 * last quarter of an hour, so that nothing is gained by trying around the turn.
 */
export function minutesToWait({ account, address }: { account: Tries; address: Tries }, now: number): number {
  const left = 1 - (now % WINDOW_MS) / WINDOW_MS;
  const weight = (tries: Tries) => tries.now + tries.before * left;
  if (weight(account) <= ACCOUNT_LIMIT && weight(address) <= ADDRESS_LIMIT) return 0;
  return Math.ceil((left * WINDOW_MS) / 60_000);
}
