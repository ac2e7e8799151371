import type { ProjectRole } from "@appos/shared/auth";
import type { PersonView } from "@appos/shared/projects";
import { notFound } from "../../errors.ts";
import type { Ports } from "../../ports.ts";
import type { ActivityService, Actor } from "../activity/service.ts";
import type { AuthService } from "../auth/service.ts";
import type { ProjectService } from "../projects/service.ts";
import { peopleStore } from "./store.ts";

export type { Thing } from "./store.ts";
export type PeopleService = ReturnType<typeof peopleService>;

/** Who is in which project. */
export function peopleService({ database, events }: Ports, activity: ActivityService, auth: AuthService, projects: ProjectService) {
  const store = peopleStore(database);

  function changed(projectId: string, userId: string) {
    events.publish({ type: "project.changed", id: projectId });
    events.publish({ type: "user.changed", id: userId });
  }
  async function inside(projectId: string): Promise<PersonView[]> {
    const roles = new Map((await store.ofProject(projectId)).map(({ userId, role }) => [userId, role]));
    const users = roles.size === 0 ? [] : await auth.users();
    return users
      .flatMap(({ id: userId, email, name }) => (roles.has(userId) ? { userId, email, name, role: roles.get(userId)! } : []))
      .toSorted((a, b) => a.name.localeCompare(b.name) || a.email.localeCompare(b.email));
  }
  const person = async (projectId: string, userId: string) =>
    (await inside(projectId)).find((one) => one.userId === userId) ?? notFound("person in this project");

  return {
    /** The projects a user is in. */
    ofUser: store.ofUser,
    /** The projects to which something belongs; none where there is no such thing. */
    projectsOf: store.projectsOf,
    of: async (idOrName: string): Promise<PersonView[]> => inside((await projects.find(idOrName)).id),

    /** Puts somebody into a project, or gives them another role there. */
    async save(idOrName: string, userId: string, role: ProjectRole, actor: Actor): Promise<PersonView> {
      const project = await projects.find(idOrName);
      const user = await auth.user(userId);
      const act = { actor, action: "save-person", subject: `${user.email} as ${role} of ${project.name}` };
      await activity.write(act, [store.save({ projectId: project.id, userId, role })]);
      changed(project.id, userId);
      return person(project.id, userId);
    },

    async remove(idOrName: string, userId: string, actor: Actor) {
      const project = await projects.find(idOrName);
      const { email } = await person(project.id, userId);
      const act = { actor, action: "remove-person", subject: `${email} from ${project.name}` };
      await activity.write(act, [store.remove(project.id, userId)]);
      changed(project.id, userId);
    },
  };
}
