/** Milliseconds by this host's monotonic clock, as the ledger counts them. */
export const monotonic = () => Number(process.hrtime.bigint() / 1_000_000n);
