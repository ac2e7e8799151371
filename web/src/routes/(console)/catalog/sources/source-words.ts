import { sourceFormats, type SourceSchedule, type TemplateSourceView } from "@appos/shared/template-sources";
import { count } from "#lib/format/quantity.ts";
import type { Tone } from "#lib/ui/tone.ts";

export const schedules: Record<SourceSchedule, string> = { off: "By hand only", daily: "Every day", weekly: "Every week" };
export const formats = Object.entries(sourceFormats).map(([value, label]) => ({ value, label }));

/** How a source is, in a word. */
export function stateOf({ refreshing, failure, refreshedAt }: TemplateSourceView): { tone: Tone; word: string } {
  if (refreshing) return { tone: "busy", word: "Reading" };
  if (failure) return { tone: refreshedAt === null ? "bad" : "warn", word: refreshedAt === null ? "Could not be read" : "Last good copy" };
  return { tone: "ok", word: "Read" };
}

/** "480 templates of Portainer, 12 of them cannot be installed". */
export function contentsOf({ format, usable, unusable, refreshedAt }: TemplateSourceView): string {
  const named = format ? sourceFormats[format] : "Format not known yet";
  if (refreshedAt === null) return named;
  const rest = unusable > 0 ? `, and ${unusable} that cannot be installed` : "";
  return `${named}: ${count(usable, "template")}${rest}`;
}
