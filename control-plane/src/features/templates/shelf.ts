import type { Category, Template, TemplateSummary } from "@appos/shared/templates";
import type { Danger } from "@appos/shared/plan";

export interface TemplateQuery {
  /** Every word of it is in the name, the id or the description. */
  search?: string | undefined;
  category?: Category | undefined;
}

/** A template in the list, before anybody has counted the apps that were made from it. */
export type Listed = Omit<TemplateSummary, "installed">;

/** A template as it stands on its shelf. */
export interface Shelved {
  listed: Listed;
  /** Null where it could not be translated: `listed.problem` says why. */
  template: Template | null;
  dangers: Danger[];
  /** What was left out of it, in sentences. */
  dropped: string[];
}

/** Where templates come from: the catalog that AppOS ships with is one shelf, all sources that were added are another. */
export interface Shelf {
  /** Those that match, by name: at most `limit` from `offset` on; and how many match in all. */
  search(query: TemplateQuery, offset: number, limit: number): Promise<{ items: Listed[]; total: number }>;
  find(id: string): Promise<Shelved | undefined>;
  /** The version that each of these has here now; those it has not are left out. One query at most. */
  versions(ids: string[]): Promise<Map<string, string>>;
}
