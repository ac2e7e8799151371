/** Somebody outside does not answer, or not as they should: with one sentence for people, which repeats nothing of what they said. */
export class OutboundFailed extends Error {}
