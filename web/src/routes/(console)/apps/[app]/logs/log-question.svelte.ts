import type { LogLevel } from "@appos/shared/log-level";
import type { LogsAsked } from "#lib/api.ts";

const MINUTE = 60_000;

/** The times one looks at: from so long ago on, or from what was said until what was said. */
export const ranges = [
  { value: "newest", label: "Newest lines", ms: undefined },
  { value: "15m", label: "Last 15 minutes", ms: 15 * MINUTE },
  { value: "1h", label: "Last hour", ms: 60 * MINUTE },
  { value: "24h", label: "Last 24 hours", ms: 24 * 60 * MINUTE },
  { value: "custom", label: "From … until …", ms: undefined },
] as const;
export type RangeName = (typeof ranges)[number]["value"];

export type How = NonNullable<LogsAsked["how"]>;

interface Search {
  text: string;
  how: How;
  context: number;
}

/** Which lines of a log one wants to see. */
export class LogQuestion {
  /** None of them means all. */
  services = $state.raw<string[]>([]);
  level = $state<LogLevel | "">("");
  range = $state<RangeName>("newest");
  from = $state("");
  to = $state("");
  /** What the server looks for, in all that it has. */
  search = $state.raw<Search | undefined>();
  #since = $state<number | undefined>();

  toggle(service: string): void {
    this.services = this.services.includes(service) ? this.services.filter((each) => each !== service) : [...this.services, service].sort();
  }

  setRange(range: RangeName): void {
    this.range = range;
    const ms = ranges.find(({ value }) => value === range)?.ms;
    this.#since = ms === undefined ? undefined : Date.now() - ms;
    if (range === "custom" && !this.from) this.from = localTime(Date.now() - 60 * MINUTE);
  }

  /** What was said around a moment, by everybody. */
  around(at: number): void {
    this.search = undefined;
    this.level = "";
    this.range = "custom";
    this.from = localTime(at - 5 * MINUTE);
    this.to = localTime(at + 5 * MINUTE);
  }

  /** It has an end, so nothing is to be waited for. */
  get ends(): boolean {
    return this.wanted.until !== undefined;
  }

  wanted: LogsAsked = $derived.by(() => {
    const custom = this.range === "custom";
    const { text: search, how, context } = this.search ?? {};
    return {
      service: this.services.join(",") || undefined,
      level: this.level || undefined,
      since: custom ? timeOf(this.from) : this.#since,
      until: custom ? timeOf(this.to, 999) : undefined,
      ...(search !== undefined && { search, how, context }),
    };
  });
}

/** As a field for date and time has it, to the second. */
function localTime(at: number): string {
  const date = new Date(at - new Date(at).getTimezoneOffset() * MINUTE);
  return date.toISOString().slice(0, 19);
}

function timeOf(text: string, more = 0): number | undefined {
  const at = text === "" ? Number.NaN : new Date(text).getTime();
  return Number.isNaN(at) ? undefined : at + more;
}
