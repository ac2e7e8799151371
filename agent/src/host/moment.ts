/** A time as people at a terminal read it, to the second, UTC. */
export const moment = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
