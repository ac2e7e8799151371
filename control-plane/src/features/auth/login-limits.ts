/** Windows of time in which failed log-ins are counted, by the account and by the caller's address. */
export const WINDOW_MS = 15 * 60_000;
export const ACCOUNT_LIMIT = 10;
export const ADDRESS_LIMIT = 50;

export const windowOf = (now: number) => Math.floor(now / WINDOW_MS);

/** Minutes until another try may be made; 0 when it may be made now. The count includes this one. */
export function minutesToWait(counts: { account: number; address: number }, now: number): number {
  if (counts.account <= ACCOUNT_LIMIT && counts.address <= ADDRESS_LIMIT) return 0;
  return Math.ceil(((windowOf(now) + 1) * WINDOW_MS - now) / 60_000);
}
