import { listedTemplate, type Template } from "@appos/shared/templates";
import type { Catalog } from "../../ports.ts";

/** The templates of a test, by their ids. What is changed in it holds from the next start of a control plane on. */
export type Book = Map<string, Template>;

/** A catalog of what a test puts into it. */
export function memoryCatalog(book: Book): Catalog {
  const listed = (template: Template) => listedTemplate(template, 0);
  return {
    index: async () => JSON.stringify([...book.values()].map(listed)),
    async template(id) {
      const template = book.get(id);
      return template && JSON.stringify({ listed: listed(template), template, dangers: [], dropped: [] });
    },
  };
}
