import { z } from "zod";
import { ProjectRole } from "./auth.ts";
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

/** Somebody who is in a project. */
export const PersonView = z.object({ userId: z.string(), email: z.string(), name: z.string(), role: ProjectRole }).meta({ id: "Person" });
export type PersonView = z.output<typeof PersonView>;

/** Whoever is in the project already is given this role. */
export const SavePerson = z.strictObject({ role: ProjectRole });
export type SavePerson = z.output<typeof SavePerson>;
