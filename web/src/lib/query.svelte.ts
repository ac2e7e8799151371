import { untrack } from "svelte";
import { type ApiError, asApiError } from "./api-error.ts";
import { type News, viewerLink } from "./viewer-link.svelte.ts";

export interface Source<T> {
  /** The same key shows what was fetched last under it, while it is fetched again. */
  key: string;
  fetch(): Promise<T>;
  /** Which news make it out of date. */
  outdatedBy?(news: News, value: T | undefined): boolean;
  /** Asked for again so often while somebody looks, whatever the news. */
  everyMs?: number;
}

/** Events come in bursts; one fetch answers them all. */
const GAP_MS = 200;
const known = new Map<string, unknown>();
/** When somebody else signs in. */
export const forgetAll = () => known.clear();

/** What a page shows of the control plane: fetched, then kept true by the viewer link. Made while a component is. */
export class Query<T> {
  value = $state.raw<T | undefined>();
  error = $state.raw<ApiError | undefined>();
  /** What is shown is not what was asked for. */
  loading = $state(false);
  #source!: Source<T>;
  #again = false;
  #busy = false;
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Without a source, because it is not known yet what to ask for, it waits. */
  constructor(source: () => Source<T> | undefined) {
    $effect.pre(() => {
      const next = source();
      if (!next) return;
      untrack(() => this.#begin(next));
      const deafen = viewerLink.hear((news) => {
        if (news.type === "reset" || next.outdatedBy?.(news, this.value)) this.#soon();
      });
      const asking = next.everyMs && setInterval(() => document.hidden || void this.refresh(), next.everyMs);
      return () => {
        deafen();
        clearInterval(asking);
        clearTimeout(this.#timer);
        this.#turn++;
      };
    });
  }

  /** Fetches again; what is shown stays until the answer is there. */
  refresh = async (): Promise<void> => {
    if (this.#busy) return void (this.#again = true);
    this.#busy = true;
    this.loading = true;
    const { key, fetch } = this.#source;
    const turn = this.#turn;
    const settle = (act: () => void) => turn === this.#turn && act();
    try {
      const value = await fetch();
      settle(() => this.set(value, key));
    } catch (cause) {
      settle(() => this.#fail(asApiError(cause)));
    }
    settle(() => {
      this.loading = this.#busy = false;
      if (this.#again) this.#soon();
      this.#again = false;
    });
  };

  /** Shows what an action answered, without asking again. */
  set(value: T, key = this.#source.key): void {
    known.set(key, value);
    this.value = value;
    this.error = undefined;
  }

  /** What is gone, or may not be seen any more, is not shown any longer. */
  #fail(error: ApiError) {
    this.error = error;
    if (error.code !== "NOT_FOUND" && error.code !== "FORBIDDEN") return;
    known.delete(this.#source.key);
    this.value = undefined;
  }

  #begin(next: Source<T>) {
    this.#source = next;
    this.#busy = this.#again = false;
    this.value = known.get(next.key) as T | undefined;
    this.error = undefined;
    void this.refresh();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.refresh, GAP_MS);
  }
}
