/** Somebody outside does not answer, or not as they should: with one sentence for people, which repeats nothing of what they said. */
export class OutboundFailed extends Error {
  /** Nothing was asked: there is nobody of this name, or who there is may not be asked. */
  readonly unasked: boolean;
  constructor(message: string, unasked = false) {
    super(message);
    this.unasked = unasked;
  }
}
