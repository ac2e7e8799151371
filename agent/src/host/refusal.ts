/** Something the person at the terminal can put right: shown as one sentence, and the exit code is 1. */
export class Refusal extends Error {}
