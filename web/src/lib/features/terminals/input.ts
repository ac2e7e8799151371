const PIECE = 32 * 1024;

/** What is typed, on its way: no more of it at once than the other end takes, so that a large paste drowns nothing. */
export class Input {
  readonly #window: number;
  readonly #send: (data: Uint8Array<ArrayBuffer>) => void;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #underway = 0;

  constructor(window: number, send: (data: Uint8Array<ArrayBuffer>) => void) {
    this.#window = window;
    this.#send = send;
  }

  add(data: Uint8Array<ArrayBuffer>): void {
    for (let from = 0; from < data.length; from += PIECE) this.#waiting.push(data.subarray(from, from + PIECE));
    this.#go();
  }

  taken(bytes: number): void {
    this.#underway -= bytes;
    this.#go();
  }

  allTaken(): void {
    this.taken(this.#underway);
  }

  #go() {
    for (let next = this.#waiting[0]; next && this.#underway + next.length <= this.#window; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#underway += next.length;
      this.#send(next);
    }
  }
}
