import type { PageQuery } from "@appos/shared/envelope";
import type { ChangeProject, NewProject, ProjectView } from "@appos/shared/projects";
import { AppError, notFound } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Ports } from "../../ports.ts";
import { pageOf } from "../../reply.ts";
import type { ActivityService, Actor } from "../activity/service.ts";
import type { ProjectRow } from "./schema.ts";
import { projectStore } from "./store.ts";

export type ProjectService = ReturnType<typeof projectService>;

/** What projects need to know of apps, which come after them. */
export interface AppsInProjects {
  of(projectIds: string[]): Promise<Map<string, number>>;
}

export function projectService({ database, clock, events }: Ports, activity: ActivityService, apps: () => AppsInProjects) {
  const store = projectStore(database);
  const find = async (idOrName: string): Promise<ProjectRow> => (await store.find(idOrName)) ?? notFound("project");

  async function viewsOf(rows: ProjectRow[]): Promise<ProjectView[]> {
    const counts = await apps().of(rows.map(({ id }) => id));
    return rows.map(({ id, name, description, createdAt }) => ({ id, name, description, apps: counts.get(id) ?? 0, createdAt }));
  }
  const view = async (idOrName: string) => (await viewsOf([await find(idOrName)]))[0]!;

  async function nameIsFree(name: string) {
    if (await store.find(name))
      throw new AppError("NAME_TAKEN", `There is a project named ${name} already.`, [{ path: "name", message: "This name is taken." }]);
  }

  return {
    find,
    view,
    hits: store.hits,
    names: async (ids: string[]) => new Map(ids.length === 0 ? [] : (await store.names(ids)).map(({ id, name }) => [id, name])),
    list: async (page: PageQuery, within?: string[]) =>
      pageOf(await viewsOf(await store.list(page, within)), await store.count(within), page),

    async add({ name, description }: NewProject, actor: Actor): Promise<ProjectView> {
      await nameIsFree(name);
      const id = newId("prj", clock);
      await activity.write({ actor, action: "add-project", subject: name }, [
        store.insert({ id, name, description, createdAt: clock.now() }),
      ]);
      events.publish({ type: "project.changed", id });
      return view(id);
    },

    async change(idOrName: string, changed: ChangeProject, actor: Actor): Promise<ProjectView> {
      const project = await find(idOrName);
      if (changed.name !== undefined && changed.name !== project.name) await nameIsFree(changed.name);
      const given = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
      if (Object.keys(given).length > 0)
        await activity.write({ actor, action: "change-project", subject: project.name }, [store.change(project.id, given)]);
      events.publish({ type: "project.changed", id: project.id });
      return view(project.id);
    },

    /** Its apps have to leave it first: they may live by its variables. */
    async remove(idOrName: string, actor: Actor) {
      const project = await find(idOrName);
      const inside = (await apps().of([project.id])).get(project.id) ?? 0;
      if (inside > 0)
        throw new AppError(
          "CONFLICT",
          `${project.name} still has ${inside} ${inside === 1 ? "app" : "apps"}. Move them to another project first.`,
        );
      await activity.write({ actor, action: "remove-project", subject: project.name }, [
        store.change(project.id, { removedAt: clock.now() }),
      ]);
      events.publish({ type: "project.removed", id: project.id });
    },
  };
}
