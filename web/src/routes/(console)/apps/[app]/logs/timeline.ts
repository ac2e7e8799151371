import type { LogLine } from "@appos/shared/logs";
import { HUES, type Line } from "#lib/ui/log-buffer.svelte.ts";

type From = NonNullable<LogLine["from"]>;

/** Turns a log's lines into lines to show, and says where a container took the place of another. */
export function timeline() {
  /** Of each container's name: which it was in the first line that is shown, and which in the last. */
  const first = new Map<string, From>();
  const last = new Map<string, From>();
  const services: string[] = [];

  function hueOf(service: string) {
    if (!services.includes(service)) services.push(service);
    return services.indexOf(service) % HUES;
  }
  const shown = ({ at, text, service, level, near, apart }: LogLine): Line => ({
    at,
    text,
    tag: service,
    hue: hueOf(service),
    level,
    near,
    apart,
  });

  /** A line that comes after all others, with what is to be said before it. */
  function next(line: LogLine): Line[] {
    const { from, container, service, at } = line;
    if (!from) return [shown(line)];
    const before = last.get(container);
    last.set(container, from);
    if (!first.has(container)) first.set(container, from);
    return before && before.id !== from.id ? [gap(service, from, at), shown(line)] : [shown(line)];
  }

  return {
    /** Each service has the same colour for as long as its app is looked at. */
    know: (names: readonly string[]) => names.forEach(hueOf),
    hueOf,
    next,

    /** Lines that come before all others. */
    earlier(lines: readonly LogLine[]): Line[] {
      const page = new Map<string, LogLine & { from: From }>();
      const told: Line[] = [];
      for (const line of lines) {
        const { from, container, service, at } = line;
        const before = page.get(container)?.from;
        if (from && before && before.id !== from.id) told.push(gap(service, from, at));
        if (from) page.set(container, { ...line, from });
        told.push(shown(line));
      }
      for (const [container, { from, service }] of page) {
        const later = first.get(container);
        if (later && later.id !== from.id) told.push(gap(service, later, lines.at(-1)!.at));
      }
      for (const { from, container } of lines.toReversed()) if (from) first.set(container, from);
      return told;
    },

    clear() {
      first.clear();
      last.clear();
    },
  };
}

const gap = (service: string, { release }: From, at: number): Line => ({
  at,
  tone: "gap",
  text: release === null ? `${service} was made anew` : `${service} was made anew, release ${release}`,
});
