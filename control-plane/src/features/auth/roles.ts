import type { Role } from "@appos/shared/auth";

const everyone: Role[] = ["admin", "viewer"];
const admins: Role[] = ["admin"];

/** Who may do what to which resource. What is not named here, nobody may do. */
export const rights = {
  servers: { read: everyone, manage: admins, reveal: admins },
  apps: { read: everyone, manage: admins, reveal: admins },
  deployments: { read: everyone, manage: admins },
  jobs: { read: everyone, manage: admins },
  logs: { read: everyone },
  terminals: { read: admins, host: admins, exec: admins },
  projects: { read: everyone, manage: admins, reveal: admins },
  registries: { read: everyone, manage: admins },
  templates: { read: everyone, manage: admins },
  activity: { read: admins },
  system: { read: everyone },
  users: { manage: admins },
} as const satisfies Record<string, Record<string, Role[]>>;

export type Resource = keyof typeof rights;
export type ActionOn<R extends Resource> = keyof (typeof rights)[R] & string;

export function may<R extends Resource>(role: Role, resource: R, action: ActionOn<R>): boolean {
  const table: Record<string, Role[]> = rights[resource];
  return table[action]?.includes(role) ?? false;
}
