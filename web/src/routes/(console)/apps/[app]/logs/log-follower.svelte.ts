import type { LogLine, LogPast } from "@appos/shared/logs";
import { api, type LogsAsked } from "#lib/api.ts";
import { asApiError } from "#lib/api-error.ts";
import { openEventStream } from "#lib/event-stream.ts";
import { LogBuffer } from "#lib/ui/log-buffer.svelte.ts";
import { timeline } from "./timeline.ts";

export interface Followed {
  app: string;
  wanted: LogsAsked;
  tail: number;
}

const PAGE = 1_000;
const SHOWN = 100_000;

/** The lines of an app's services as they come. After a break it goes on behind the last line it has. */
export class LogFollower {
  readonly buffer = new LogBuffer(SHOWN);
  readonly timeline = timeline();
  state = $state<"opening" | "following" | "broken" | "ended">("opening");
  /** Why it ended, in the server's words. */
  problem = $state<string | undefined>();
  /** What is known of the time before the first line. */
  past = $state.raw<LogPast | undefined>();
  /** Lines before the first are on their way. */
  lookingBack = $state(false);
  /** The newest time shown, and the lines that have it. */
  #newest = { at: 0, marks: new Set<string>() };
  /** The oldest, likewise. */
  #oldest = { at: 0, marks: new Set<string>() };
  #again = false;
  #asked: Followed | undefined;

  /** Returns how to stop. */
  follow(asked: Followed): () => void {
    const { app, wanted, tail } = asked;
    // The same once more goes on behind what is shown.
    this.#again = JSON.stringify(asked) === JSON.stringify(this.#asked);
    if (!this.#again) this.#clear();
    this.#asked = asked;
    this.problem = undefined;
    this.state = "opening";
    let left = false;
    const over = (problem: string | undefined) => {
      if (left) return;
      stop();
      this.problem = problem;
      this.state = "ended";
    };
    const goOn = () => ({ ...wanted, tail: 10_000, since: this.#newest.at });
    const stop = openEventStream({
      url: () => api.apps.logsUrl(app, this.#newest.at ? goOn() : { ...wanted, tail }),
      on: {
        line: (data) => this.#hear(data as LogLine),
        past: (data) => (this.past ??= data as LogPast),
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

  /** Looks for lines before the first that is shown. */
  async lookBack(): Promise<void> {
    const asked = this.#asked;
    const past = this.past;
    if (!asked || !past?.older || this.lookingBack || this.buffer.full || !this.#oldest.at) return;
    this.lookingBack = true;
    try {
      const { items, ...before } = await api.apps.logs(asked.app, { ...asked.wanted, until: this.#oldest.at, tail: PAGE });
      if (asked !== this.#asked) return;
      const fresh = items.filter((line) => line.at < this.#oldest.at || !this.#oldest.marks.has(markOf(line)));
      const [first] = fresh;
      this.past = { ...before, older: before.older && first !== undefined };
      if (!first) return;
      this.#oldest = { at: first.at, marks: new Set(fresh.filter(({ at }) => at === first.at).map(markOf)) };
      this.buffer.prepend(this.timeline.earlier(fresh));
    } catch (cause) {
      this.problem = asApiError(cause).message;
    } finally {
      this.lookingBack = false;
    }
  }

  #clear() {
    this.buffer.clear();
    this.timeline.clear();
    this.past = undefined;
    this.#newest = { at: 0, marks: new Set() };
    this.#oldest = { at: 0, marks: new Set() };
  }

  #hear(line: LogLine) {
    const mark = markOf(line);
    const { at, marks } = this.#newest;
    // After a break, what was shown before it comes once more.
    if (this.#again && (line.at < at || (line.at === at && marks.has(mark)))) return;
    if (line.at > at) {
      this.#newest = { at: line.at, marks: new Set([mark]) };
      this.#again = false;
    } else if (line.at === at) marks.add(mark);
    if (!this.#oldest.at) this.#oldest = { at: line.at, marks: new Set() };
    if (line.at === this.#oldest.at) this.#oldest.marks.add(mark);
    for (const each of this.timeline.next(line)) this.buffer.add(each);
  }
}

const markOf = ({ container, text }: LogLine) => `${container} ${text}`;
