import type { FoundProjectView } from "@appos/shared/adoption";
import type { AppView } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import { askServer } from "../../ask-server.ts";
import { AppError } from "../../errors.ts";
import type { Ports } from "../../ports.ts";
import type { ActivityService, Actor } from "../activity/service.ts";
import type { AppService } from "../apps/service.ts";
import type { DeploymentService } from "../deployments/service.ts";
import type { ServerService } from "../servers/service.ts";
import { adoptionStore } from "./store.ts";

export type AdoptionService = ReturnType<typeof adoptionService>;

/** Compose projects that run on servers already: found, taken over as apps, or left alone. */
export function adoptionService(
  { database, rooms }: Pick<Ports, "database" | "rooms">,
  servers: ServerService,
  apps: AppService,
  deployments: DeploymentService,
  activity: ActivityService,
) {
  const store = adoptionStore(database);

  return {
    async list(serverIdOrName: string): Promise<FoundProjectView[]> {
      const { id } = await servers.find(serverIdOrName);
      const { projects } = await askServer(rooms, id, "found-projects", {});
      const [left, becoming] = [await store.leftOn(id), await apps.adopters(id)];
      return projects.map((found) => ({
        ...found,
        leftAlone: left.has(found.project),
        appName: becoming.get(found.project) ?? null,
      }));
    },

    async leave(serverIdOrName: string, project: string, leftAlone: boolean, actor: Actor) {
      const { id, name } = await servers.find(serverIdOrName);
      const act = { actor, action: leftAlone ? "leave-project" : "notice-project", subject: `${project} on ${name}`, serverId: id };
      await activity.write(act, [leftAlone ? store.leave(id, project) : store.unleave(id, project)]);
    },

    /** The project's own files are its first version, and taking it over its first deployment. */
    async adopt(
      { server, project, name }: { server: string; project: string; name: string },
      actor: Actor,
      key?: string,
    ): Promise<{ app: AppView; deployment: DeploymentView; notes: string[] }> {
      const { id } = await servers.find(server);
      const asked = { adopt: project, serverId: id, name };
      const earlier = await deployments.created(actor, key, asked);
      if (earlier) return { ...earlier, notes: [] };
      const taken = (await apps.adopters(id)).get(project);
      if (taken) throw new AppError("CONFLICT", `The app ${taken} takes ${project} over already. Deploy it again, or remove it first.`);
      const { directory, compose, env, notes } = await askServer(rooms, id, "project-files", { project, by: actor.name });
      const config = { compose, env, files: [] };
      const made = await deployments.adopt({ name, serverId: id, adopts: { project, directory }, config }, actor, key, asked);
      return { ...made, notes };
    },
  };
}
