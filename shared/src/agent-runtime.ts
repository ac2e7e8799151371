/**
 * How Node is started for the agent: it does little at a time, so a small young generation, compact code and no threads of its own
 * for collector and compilers keep it 15 MB smaller (measured in bench/).
 */
export const AGENT_NODE_FLAGS = ["--max-semi-space-size=1", "--optimize-for-size", "--single-threaded"];

/** What reading its program took is given back to the machine, where glibc would by itself keep ever more for later: 4 MB less. */
export const AGENT_ENVIRONMENT = { MALLOC_TRIM_THRESHOLD_: "131072" };
