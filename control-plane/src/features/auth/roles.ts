import type { ProjectRole, Role } from "@appos/shared/auth";

const everyone: Role[] = ["admin", "viewer", "member"];
const watchers: Role[] = ["admin", "viewer"];
const admins: Role[] = ["admin"];

/** Who may do what to which resource, wherever it belongs. What is not named here, nobody may do. */
export const rights = {
  servers: { read: watchers, survey: watchers, manage: admins, reveal: admins, share: admins },
  apps: { read: watchers, manage: admins, reveal: admins },
  deployments: { read: watchers, manage: admins },
  jobs: { read: watchers, manage: admins },
  logs: { read: watchers },
  terminals: { read: admins, host: admins, exec: admins },
  projects: { read: watchers, manage: admins, reveal: admins, share: admins },
  domains: { read: watchers, manage: admins },
  certificates: { read: watchers, manage: admins },
  dnsProviders: { read: watchers, manage: admins },
  proxy: { read: watchers, manage: admins },
  registries: { read: watchers, manage: admins },
  templates: { read: everyone, manage: admins },
  sources: { read: watchers, manage: admins },
  activity: { read: admins },
  system: { read: everyone, measure: watchers },
  users: { manage: admins },
} as const satisfies Record<string, Record<string, Role[]>>;

export type Resource = keyof typeof rights;
export type ActionOn<R extends Resource> = keyof (typeof rights)[R] & string;

const inside: ProjectRole[] = ["developer", "viewer"];
const developers: ProjectRole[] = ["developer"];

/** What people of a project may do to what belongs to it, besides what their own role lets them do. */
const rightsInProject: { readonly [R in Resource]?: { readonly [A in ActionOn<R>]?: ProjectRole[] } } = {
  servers: { read: inside },
  apps: { read: inside, manage: developers, reveal: developers },
  deployments: { read: inside, manage: developers },
  jobs: { read: inside, manage: developers },
  logs: { read: inside },
  terminals: { exec: developers },
  domains: { read: inside, manage: developers },
  certificates: { read: inside, manage: developers },
  projects: { read: inside, reveal: developers, share: developers },
};

export function may<R extends Resource>(role: Role, resource: R, action: ActionOn<R>): boolean {
  const table: Record<string, Role[]> = rights[resource];
  return table[action]?.includes(role) ?? false;
}

/** As what somebody has to be in a project to do this there. */
export function rolesInProject<R extends Resource>(resource: R, action: ActionOn<R>): ProjectRole[] {
  return rightsInProject[resource]?.[action] ?? [];
}

/** Who it is that asks: their role, and the projects they are in. */
interface Standing {
  role: Role;
  projects: { id: string; role: ProjectRole }[];
}

/** The projects to which what somebody sees is limited; undefined for those who see everything. */
export const limitedTo = ({ role, projects }: Standing): string[] | undefined =>
  watchers.includes(role) ? undefined : projects.map(({ id }) => id);

/** Whether somebody sees what is in a project, or in none. */
export const sees = (who: Standing, projectId: string | null) =>
  watchers.includes(who.role) || who.projects.some(({ id }) => id === projectId);

/** Whether somebody may run and change the apps of a project, or those in none. */
export const develops = ({ role, projects }: Standing, projectId: string | null) =>
  role === "admin" || projects.some((project) => project.id === projectId && project.role === "developer");
