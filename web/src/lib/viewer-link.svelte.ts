import type { Event } from "@appos/shared/events";
import type { ServerSample } from "@appos/shared/servers";
import { SvelteMap } from "svelte/reactivity";
import { api } from "./api.ts";
import { openEventStream } from "./event-stream.ts";

/** What a page hears: something changed, or so much was missed that all must be fetched again. */
export type News = Event | { type: "reset" };

/** Samples kept of each server, for its curves: ten minutes at one in ten seconds. */
const SAMPLES_KEPT = 60;
/** A browser opens few connections to one origin: a tab that nobody looks at gives its own back. */
const HIDDEN_MS = 20_000;

class ViewerLink {
  /** Broken is said only after a moment, so that a blink is not shown. */
  state = $state<"opening" | "open" | "broken">("opening");
  readonly samples = new SvelteMap<string, ServerSample[]>();
  #listeners = new Set<(news: News) => void>();
  #close: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Opens the link, and closes it while the tab is hidden. Returns how to end it. */
  start(): () => void {
    this.#open();
    const look = () => {
      clearTimeout(this.#timer);
      if (document.hidden) this.#timer = setTimeout(() => this.#shut(), HIDDEN_MS);
      else if (!this.#close) this.#open(true);
    };
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      clearTimeout(this.#timer);
      this.#shut();
      this.samples.clear();
    };
  }

  hear(listener: (news: News) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** All that is shown is fetched again. */
  startOver(): void {
    this.#tell({ type: "reset" });
  }

  #open(again = false) {
    let brokenSoon: ReturnType<typeof setTimeout> | undefined;
    const close = openEventStream({
      url: () => api.eventsUrl,
      on: { message: (data) => this.#tell(data as Event), reset: () => this.#tell({ type: "reset" }) },
      onOpen: () => {
        clearTimeout(brokenSoon);
        brokenSoon = undefined;
        if (this.state === "broken") again = true;
        this.state = "open";
        if (again) this.#tell({ type: "reset" });
        again = false;
      },
      onBroken: () => (brokenSoon ??= setTimeout(() => (this.state = "broken"), 1_500)),
      onReopened: () => (again = true),
    });
    this.#close = () => {
      clearTimeout(brokenSoon);
      close();
    };
  }

  #shut() {
    this.#close?.();
    this.#close = undefined;
    this.state = "opening";
  }

  #tell(news: News) {
    if (news.type === "server.sampled") this.#keep(news.id, news.data as ServerSample);
    for (const listener of this.#listeners) listener(news);
  }

  #keep(serverId: string, sample: ServerSample) {
    this.samples.set(serverId, [...(this.samples.get(serverId) ?? []), sample].slice(-SAMPLES_KEPT));
  }
}

export const viewerLink = new ViewerLink();
