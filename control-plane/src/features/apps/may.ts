import type { ChangeApp, NewApp } from "@appos/shared/apps";
import type { EnvSource } from "@appos/shared/env";
import { AppError, notFound } from "../../errors.ts";
import type { Services } from "../../services.ts";
import { develops, limitedTo, sees } from "../auth/roles.ts";
import type { Caller } from "../auth/service.ts";

// The gate has let somebody in who develops some project; here is looked at what they ask for. Administrators may ask for anything.

/** A developer's new app belongs to a project of theirs, and comes to a server that the project has been given: one of its apps is there. */
export async function mayAdd(
  services: Services,
  caller: Caller,
  { name, projectId, serverId, env }: Pick<NewApp, "name" | "projectId" | "serverId" | "env">,
) {
  if (caller.role === "admin") return;
  if (projectId === undefined) throw refused("INVALID_REQUEST", "projectId", "Choose the project that the app belongs to.");
  const project = await myProject(services, caller, projectId);
  const server = await services.deployments.serverFor(serverId);
  const within = limitedTo(caller);
  if (within && !(await services.apps.anyOn(server.id, within))) notFound("server");
  await mayUse(services, project, server.id, "serverId");
  // Its volumes are still there, and would be those of the new app.
  if (await services.apps.wasAnothers(name, server.id, project.id)) {
    const message = `An app named ${name} was on this server before, in another project, and what it stored may still be there. Choose another name, or let an administrator add it.`;
    throw refused("FORBIDDEN", "name", message);
  }
  await mayRefer(services, caller, env);
}

/** Who moves an app hands it over to others, with all that it knows; and a project has the servers on which its apps are. */
export async function mayMove(services: Services, caller: Caller, idOrName: string, { projectId }: Pick<ChangeApp, "projectId">) {
  if (caller.role === "admin" || projectId === undefined) return;
  if (projectId === null) throw refused("FORBIDDEN", "projectId", "Only an administrator can take an app out of its project.");
  const project = await myProject(services, caller, projectId);
  await mayUse(services, project, (await services.apps.find(idOrName)).serverId, "projectId");
}

async function mayUse({ apps }: Services, { id, name }: { id: string; name: string }, serverId: string, path: string) {
  if (await apps.anyOn(serverId, [id])) return;
  throw refused("FORBIDDEN", path, `${name} has no app on this server yet. An administrator can put the first one there.`);
}

/**
 * A reference to an app's variables hands their values over: nobody refers to an app whose secrets they may not see. What `appId` refers to
 * already may stay.
 */
export async function mayRefer({ apps, configs }: Services, caller: Caller, env: Referring[] | undefined, appId?: string) {
  if (caller.role === "admin" || !env?.some(({ from }) => from)) return;
  const app = appId === undefined ? undefined : await apps.find(appId);
  const before = app ? (await configs.content(app.id, app.version)).env : [];
  const known = new Set(before.flatMap(({ from }) => (from ? [nameOf(from)] : [])));
  for (const { key, from } of env) {
    if (!from) continue;
    const source = await apps.named(from.app);
    if (source && (known.has(nameOf({ ...from, app: source.id })) || develops(caller, source.projectId))) continue;
    const why = source && sees(caller, source.projectId) ? "whose secrets you may not see" : "which there is not";
    throw refused("INVALID_REQUEST", "env", `${key} refers to the app ${from.app}, ${why}.`);
  }
}

/** What an older version refers to, its newest need not any more: nobody brings back by it what they may not refer to. */
export async function mayRun(services: Services, caller: Caller, idOrName: string, version: number | undefined) {
  if (caller.role === "admin" || version === undefined) return;
  const { id } = await services.apps.find(idOrName);
  await mayRefer(services, caller, (await services.configs.content(id, version)).env, id);
}

/** In words that tell nobody of projects they are not in. */
async function myProject({ projects }: Services, caller: Caller, idOrName: string) {
  const project = await projects.find(idOrName);
  if (develops(caller, project.id)) return project;
  if (!sees(caller, project.id)) notFound("project");
  throw refused("FORBIDDEN", "projectId", `Your role in ${project.name} lets you see its apps only.`);
}

interface Referring {
  key: string;
  from?: EnvSource | undefined;
}

const nameOf = (from: EnvSource) => JSON.stringify([from.app, "key" in from ? ["key", from.key] : ["service", from.service]]);

const refused = (code: "INVALID_REQUEST" | "FORBIDDEN", path: string, message: string) => new AppError(code, message, [{ path, message }]);
