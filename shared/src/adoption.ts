import { z } from "zod";
import { ServiceState } from "./service-state.ts";
import { Name } from "./ids.ts";

/** What a compose project keeps when it becomes an app. */
export const AdoptedProject = z.object({ project: z.string().max(255), directory: z.string().max(4_096) });
export type AdoptedProject = z.output<typeof AdoptedProject>;

/** A compose project that runs on a server and is no app. */
export const FoundProject = z.object({
  project: z.string().max(255),
  /** Where it was started from. */
  directory: z.string().max(4_096).nullable(),
  configFiles: z.array(z.string().max(4_096)).max(100),
  services: z.array(ServiceState),
  volumes: z.array(z.string()),
  /** Why it cannot be taken over, and what to do about it; null where it can. */
  problem: z.string().max(1_000).nullable(),
});
export type FoundProject = z.output<typeof FoundProject>;

/** What a project is made of, as its own files say. */
export const ProjectFiles = z.object({
  directory: z.string(),
  /** The user's own text where there is one file that stands alone; else the text of all of them together. */
  compose: z.string(),
  env: z.array(z.object({ key: z.string(), value: z.string(), secret: z.boolean() })),
  /** What was done to them, for people. */
  notes: z.array(z.string()),
});
export type ProjectFiles = z.output<typeof ProjectFiles>;

export const FoundProjectView = FoundProject.extend({
  /** Somebody has said to leave it alone. */
  leftAlone: z.boolean(),
  /** The app that it is becoming. */
  appName: z.string().nullable(),
}).meta({ id: "FoundProject" });
export type FoundProjectView = z.output<typeof FoundProjectView>;

export const AdoptProject = z.strictObject({ name: Name });
export const LeaveProject = z.strictObject({ leftAlone: z.boolean() });
