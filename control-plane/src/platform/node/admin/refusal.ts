/** What was asked for cannot be done, and why, for whoever asked. */
export class Refusal extends Error {}
