import type { Actor } from "../activity/service.ts";

/** Who asks, and what they may be told. */
export interface Asking {
  actor: Actor;
  /** Whether they see what is in a project, or in none. */
  sees(projectId: string | null): boolean;
  /** Whether they are an administrator. */
  administers: boolean;
  /** The projects that they see something of; undefined where they see everything. */
  within: string[] | undefined;
  /** Where people reach the console. */
  consoleUrl: string;
  key?: string | undefined;
}
