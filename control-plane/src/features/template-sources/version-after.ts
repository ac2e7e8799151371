import type { Template } from "@appos/shared/templates";

/** A template as the copy before has it: its version, and all of it as JSON. */
export interface Before {
  version: string;
  template: string | null;
}

const PARTS = /^(.*?)(?:\+(\d+))?$/s;
const without = (template: Template) => JSON.stringify({ ...template, version: "" });

/** The version of a template that may have changed while its source calls it the same: then it is 1.27+2, and an update of 1.27. */
export function versionAfter(template: Template, before: Before | undefined): string {
  const [, named = "", n = "1"] = PARTS.exec(before?.version ?? "") ?? [];
  if (!before?.template || named !== template.version) return template.version;
  if (without(JSON.parse(before.template) as Template) === without(template)) return before.version;
  return `${template.version}+${Number(n) + 1}`.slice(0, 80);
}
