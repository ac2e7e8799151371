import type { ProjectRole, Role } from "@appos/shared/auth";

interface RoleWords {
  name: string;
  /** What somebody with it may do. */
  may: string;
}

export const roleWords: Record<Role, RoleWords> = {
  admin: { name: "Administrator", may: "Sees and changes everything." },
  viewer: { name: "Viewer", may: "Sees everything. Changes only what a project makes them a developer of." },
  member: { name: "Member", may: "Sees only the projects they are in, and does there what their role in each allows." },
};

export const projectRoleWords: Record<ProjectRole, RoleWords> = {
  developer: {
    name: "Developer",
    may: "Adds, changes and deploys its apps, reads their secrets, opens terminals in them, and changes what they share.",
  },
  viewer: { name: "Viewer", may: "Sees its apps, their deployments and logs, and changes nothing." },
};

/** As a form offers them. */
export const choicesOf = <R extends string>(words: Record<R, RoleWords>): { value: R; label: string; about: string }[] =>
  (Object.entries(words) as [R, RoleWords][]).map(([value, { name, may }]) => ({ value, label: name, about: may }));
