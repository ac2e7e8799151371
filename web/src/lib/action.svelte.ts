import { type ApiError, asApiError } from "./api-error.ts";
import { randomKey } from "./random-key.ts";

/** Something a person asks for: one at a time, and once, however often it is clicked. */
export class Action<A extends unknown[] = []> {
  busy = $state(false);
  error = $state.raw<ApiError | undefined>();
  #work: (key: string, ...given: A) => Promise<void>;
  #key: { of: string; value: string } | undefined;

  constructor(work: (key: string, ...given: A) => Promise<void>) {
    this.#work = work;
  }

  /** True when it went well; otherwise `error` says why not. */
  run = async (...given: A): Promise<boolean> => {
    if (this.busy) return false;
    this.busy = true;
    this.error = undefined;
    // Where no answer came, the next click for the same is the same request.
    const of = JSON.stringify(given);
    if (this.#key?.of !== of) this.#key = { of, value: randomKey() };
    try {
      await this.#work(this.#key.value, ...given);
      this.#key = undefined;
      return true;
    } catch (cause) {
      this.error = asApiError(cause);
      if (this.error.code !== "UNREACHABLE") this.#key = undefined;
      return false;
    } finally {
      this.busy = false;
    }
  };

  clear = (): void => {
    this.error = undefined;
    this.#key = undefined;
  };
}
