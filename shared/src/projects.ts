import { z } from "zod";
import { Name } from "./ids.ts";

export const NewProject = z.strictObject({ name: Name, description: z.string().trim().max(500).default("") });
export type NewProject = z.output<typeof NewProject>;

/** What is left out stays. */
export const ChangeProject = z.strictObject({ name: Name.optional(), description: z.string().trim().max(500).optional() });
export type ChangeProject = z.output<typeof ChangeProject>;

/** Apps that belong together, and the variables they share. */
export const ProjectView = z
  .object({ id: z.string(), name: z.string(), description: z.string(), apps: z.int(), createdAt: z.int() })
  .meta({ id: "Project" });
export type ProjectView = z.output<typeof ProjectView>;
