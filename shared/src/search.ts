import { z } from "zod";

export const SearchQuery = z.object({ q: z.string().trim().min(1).max(100) });

/** One thing that was found, and where the console shows it. */
export const SearchHit = z.object({
  kind: z.enum(["app", "server", "project", "template"]),
  id: z.string(),
  name: z.string(),
  /** What tells it from others of its name. */
  about: z.string(),
  /** In the console. */
  path: z.string(),
});
export type SearchHit = z.output<typeof SearchHit>;

export const SearchAnswer = z.object({ items: z.array(SearchHit) }).meta({ id: "SearchAnswer" });
