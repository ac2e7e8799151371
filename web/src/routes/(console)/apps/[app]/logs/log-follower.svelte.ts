import type { LogLine } from "@appos/shared/logs";
import { api } from "#lib/api.ts";
import { openEventStream } from "#lib/event-stream.ts";
import { LogBuffer } from "#lib/ui/log-buffer.svelte.ts";

export interface Followed {
  app: string;
  service: string | undefined;
  tail: number;
}

/** The lines of an app's services as they come. After a break it goes on behind the last line it has. */
export class LogFollower {
  readonly buffer = new LogBuffer();
  state = $state<"opening" | "following" | "broken" | "ended">("opening");
  /** Why it ended, in the server's words. */
  problem = $state<string | undefined>();
  /** The newest time shown, and the lines that have it. */
  #newest = { at: 0, texts: new Set<string>() };
  #again = false;
  #asked = "";

  /** Returns how to stop. */
  follow(asked: Followed): () => void {
    const { app, service, tail } = asked;
    // The same once more goes on behind what is shown.
    this.#again = JSON.stringify(asked) === this.#asked;
    if (!this.#again) {
      this.buffer.clear();
      this.#newest = { at: 0, texts: new Set() };
    }
    this.#asked = JSON.stringify(asked);
    this.problem = undefined;
    this.state = "opening";
    let left = false;
    const over = (problem: string | undefined) => {
      if (left) return;
      stop();
      this.problem = problem;
      this.state = "ended";
    };
    const stop = openEventStream({
      url: () => api.apps.logsUrl(app, this.#newest.at ? { service, tail: 10_000, since: this.#newest.at } : { service, tail }),
      on: {
        line: (data) => this.#hear(data as LogLine),
        end: (data) => over((data as { error?: string } | undefined)?.error),
      },
      onOpen: () => (this.state = "following"),
      onBroken: () => {
        this.state = "broken";
        this.#again = true;
        void api.apps.logsProblem(app).then((problem) => problem && over(problem.message));
      },
    });
    return () => {
      left = true;
      stop();
    };
  }

  #hear(line: LogLine) {
    const mark = `${line.container} ${line.text}`;
    const { at, texts } = this.#newest;
    // After a break, what was shown before it comes once more.
    if (this.#again && (line.at < at || (line.at === at && texts.has(mark)))) return;
    if (line.at > at) {
      this.#newest = { at: line.at, texts: new Set([mark]) };
      this.#again = false;
    } else if (line.at === at) texts.add(mark);
    this.buffer.add({ at: line.at, text: line.text, tag: line.service });
  }
}
