import type { SourceFormat } from "@appos/shared/template-sources";
import type { Template, TemplateInput } from "@appos/shared/templates";
import { parse } from "yaml";
import type { Imported } from "./importer.ts";
import { importAll } from "./import-all.ts";
import { importers } from "./index.ts";
import { map, type Part } from "./reading.ts";

/** What a test asks of an import. */
export function read(format: SourceFormat, files: Record<string, string>) {
  const all = new Map([...importAll(importers[format], new Map(Object.entries(files)), "src_1")].map((each) => [each.id.slice(6), each]));
  const get = (id?: string): Imported => (id === undefined ? [...all.values()][0]! : all.get(id)!);
  function one(id?: string) {
    const found = get(id);
    if (!found.template) throw new Error(`${found.id}: ${found.problem}`);
    return opened(found, found.template);
  }
  return { all, get, one };
}

function opened(found: Imported, template: Template) {
  const model = parse(template.compose) as Part;
  const services = map(model.services) as Record<string, Part>;
  const inputs = Object.fromEntries(template.inputs.map((input) => [input.key, input])) as Record<string, TemplateInput>;
  const rules = [...new Set(found.dangers.map(({ rule }) => rule))];
  return { ...found, template, model, services, inputs, rules, volumes: Object.keys(map(model.volumes)), files: template.files };
}
