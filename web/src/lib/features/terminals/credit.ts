/** Said in portions; well below the window, so that the sender never stands still for a reader that keeps up. */
const PORTION = 64 * 1024;

/** How much of what came the screen has taken. Said when it is much, and when nothing waits. */
export class Credit {
  readonly #give: (bytes: number) => void;
  #waiting = 0;
  #taken = 0;

  constructor(give: (bytes: number) => void) {
    this.#give = give;
  }

  came(bytes: number): void {
    this.#waiting += bytes;
  }

  taken(bytes: number): void {
    this.#waiting -= bytes;
    this.#taken += bytes;
    if (this.#taken < PORTION && this.#waiting > 0) return;
    this.#give(this.#taken);
    this.#taken = 0;
  }
}
