/** What somebody may write on a service of a compose file; no other label of ours. */

/** `beside`: two of it may run at once, though it writes to what it mounts. `stop-start`: they must not. */
export const DEPLOY_LABEL = "appos.deploy";
/** How long what is open to it may go on once its next containers serve: `90s`, `5m`. */
export const DRAIN_LABEL = "appos.drain";

export const offeredLabels = new Set<string>([DEPLOY_LABEL, DRAIN_LABEL]);
