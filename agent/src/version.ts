declare const APPOS_VERSION: string | undefined;

/** Written in when the agent is bundled. */
export const agentVersion = typeof APPOS_VERSION === "string" ? APPOS_VERSION : "0.0.0";
