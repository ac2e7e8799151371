/** Whether this server allows a terminal: asked of the policy in force each time one is opened. */
export { allowTerminal } from "@appos/shared/policy-rules";
