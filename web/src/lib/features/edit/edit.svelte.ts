import { untrack } from "svelte";
import { Action } from "#lib/action.svelte.ts";
import type { Query } from "#lib/query.svelte.ts";
import { asksBeforeLeaving } from "./leaving.ts";

interface Edited<T, Given extends unknown[]> {
  /** Such as "the variables". */
  what: string;
  numberOf: (saved: T) => number;
  /** Has what is edited begin from what is saved. */
  fill: (saved: T) => void;
  /** All that is edited. */
  draft: () => unknown;
  changed: () => boolean;
  save: (...given: Given) => Promise<void>;
}

/** What somebody edits while others may save it too: where the edit began, saving it, and losing it to nobody. Made while a component is. */
export class Edit<T, Given extends unknown[]> {
  /** What was saved when the edit began. */
  base = $state.raw<T | undefined>();
  readonly save: Action<Given>;
  readonly #query: Query<T>;
  readonly #of: Edited<T, Given>;

  constructor(query: Query<T>, of: Edited<T, Given>) {
    this.#query = query;
    this.#of = of;
    this.save = new Action((_key, ...given: Given) => of.save(...given));
    // Somebody else's newer version replaces what is shown, unless that would lose an edit.
    $effect(() => {
      const next = query.value;
      if (next) untrack(() => (!this.base || (!of.changed() && of.numberOf(next) !== of.numberOf(this.base))) && this.begin(next));
    });
    // Why it was not saved is about what was sent, not about what is edited now.
    $effect(() => {
      of.draft();
      untrack(() => this.save.error && !this.save.busy && this.save.clear());
    });
    asksBeforeLeaving(() => of.changed() && !this.save.busy, `Leave without saving? Your changes to ${of.what} would be lost.`);
  }

  /** What a request says of where the edit began. */
  get basedOn(): { basedOn?: number } {
    return this.base ? { basedOn: this.#of.numberOf(this.base) } : {};
  }
  /** Somebody else has saved since, and what is edited does not follow theirs. */
  get conflict(): boolean {
    return this.save.error?.code === "CONFLICT";
  }
  /** What somebody else has saved since the edit began. */
  get newer(): T | undefined {
    const next = this.#query.value;
    return next && this.base && !this.save.busy && this.#of.numberOf(next) > this.#of.numberOf(this.base) ? next : undefined;
  }

  begin(saved: T): void {
    this.base = saved;
    this.#of.fill(saved);
  }
  /** Back to what is saved, whoever saved it. */
  discard = (): void => {
    if (this.#query.value) this.begin(this.#query.value);
    this.save.clear();
  };
  /** What is edited stays, and is from now on meant to follow what is saved. */
  keep = async (): Promise<void> => {
    await this.#query.refresh();
    if (this.#query.value) this.base = this.#query.value;
    this.save.clear();
  };
}
