import type { ChangeApp, NewApp } from "@appos/shared/apps";
import type { EnvSource, SavedSettings } from "@appos/shared/env";
import { AppError } from "../../errors.ts";
import type { Services } from "../../services.ts";
import { develops, sees } from "../auth/roles.ts";
import type { Caller } from "../auth/service.ts";

// The gate has let somebody in who develops some project; here is looked at what they ask for. Administrators may ask for anything.

/** A developer's new app belongs to a project of theirs, and comes to a server that the project has been given: one of its apps is there. */
export async function mayAdd(
  services: Services,
  caller: Caller,
  { projectId, serverId, env }: Pick<NewApp, "projectId" | "serverId" | "env">,
) {
  if (caller.role === "admin") return;
  if (projectId === undefined) throw refused("INVALID_REQUEST", "projectId", "Choose the project that the app belongs to.");
  const project = await myProject(services, caller, projectId);
  const server = await services.deployments.serverFor(serverId);
  if (!(await services.apps.anyOn(server.id, [project.id]))) {
    const message = `${project.name} has no app on this server yet. An administrator can put the first one there.`;
    throw refused("FORBIDDEN", "serverId", message);
  }
  await mayRefer(services, caller, env);
}

/** Who moves an app hands it over to others, with all that it knows. */
export async function mayMove(services: Services, caller: Caller, { projectId }: Pick<ChangeApp, "projectId">) {
  if (caller.role === "admin" || projectId === undefined) return;
  if (projectId === null) throw refused("FORBIDDEN", "projectId", "Only an administrator can take an app out of its project.");
  await myProject(services, caller, projectId);
}

/**
 * A reference to an app's variables hands their values over: nobody refers to an app whose secrets they may not see. What `appId` refers to
 * already may stay.
 */
export async function mayRefer({ apps, configs }: Services, caller: Caller, env: SavedSettings | undefined, appId?: string) {
  if (caller.role === "admin" || !env?.some(({ from }) => from)) return;
  const app = appId === undefined ? undefined : await apps.find(appId);
  const before = app ? (await configs.content(app.id, app.version)).env : [];
  const known = new Set(before.flatMap(({ from }) => (from ? [nameOf(from)] : [])));
  for (const { key, from } of env) {
    if (!from) continue;
    const source = await apps.named(from.app);
    if (!source || known.has(nameOf({ ...from, app: source.id })) || develops(caller, source.projectId)) continue;
    const why = sees(caller, source.projectId) ? "whose secrets you may not see" : "which there is not";
    throw refused("INVALID_REQUEST", "env", `${key} refers to the app ${from.app}, ${why}.`);
  }
}

/** In words that tell nobody of projects they are not in. */
async function myProject({ projects }: Services, caller: Caller, idOrName: string) {
  const project = await projects.find(idOrName);
  if (develops(caller, project.id)) return project;
  const message = sees(caller, project.id) ? `Your role in ${project.name} lets you see its apps only.` : "There is no such project.";
  throw refused(sees(caller, project.id) ? "FORBIDDEN" : "NOT_FOUND", "projectId", message);
}

const nameOf = (from: EnvSource) => JSON.stringify([from.app, "key" in from ? ["key", from.key] : ["service", from.service]]);

const refused = (code: "INVALID_REQUEST" | "FORBIDDEN" | "NOT_FOUND", path: string, message: string) =>
  new AppError(code, message, [{ path, message }]);
