import type { ProjectView } from "@appos/shared/projects";
import { mayChange, mayChangeIn } from "#lib/features/auth/may-change.ts";
import { appsQuery, projectsQuery, serversQuery } from "#lib/features/queries.ts";

/** The projects into which somebody may put an app; only administrators may leave it without one. */
export const projectOptions = (projects: ProjectView[]): { value: string; label: string }[] => [
  ...(mayChange() ? [{ value: "", label: "None" }] : []),
  ...projects.filter(({ id }) => mayChangeIn(id)).map(({ id, name }) => ({ value: id, label: name })),
];

/**
 * Where a new app goes: its project, and its server. Developers choose among projects of theirs, and the servers on which the project has
 * an app already. Made while a component is.
 */
export class Placement {
  readonly apps = appsQuery();
  readonly #servers = serversQuery();
  readonly #projects = projectsQuery();
  #project = $state("");
  #server = $state("");

  constructor(asked: Pick<URLSearchParams, "get">) {
    this.#project = asked.get("project") ?? "";
    this.#server = asked.get("server") ?? "";
  }

  readonly projects = $derived.by(() => projectOptions(this.#projects.value?.items ?? []));
  /** Empty for none. */
  readonly projectId = $derived.by(() =>
    this.projects.some(({ value }) => value === this.#project) ? this.#project : (this.projects[0]?.value ?? ""),
  );
  readonly servers = $derived.by(() => {
    const all = this.#servers.value?.items ?? [];
    if (mayChange()) return all;
    return all.filter(({ id }) => this.apps.value?.items.some((app) => app.serverId === id && app.project?.id === this.projectId));
  });
  readonly server = $derived.by(
    () => this.servers.find(({ id }) => id === this.#server) ?? this.servers.find(({ presence }) => presence === "up") ?? this.servers[0],
  );

  /** What there is to choose from is there, or cannot be had. */
  get known(): boolean {
    return [this.#servers, this.#projects, this.apps].every(({ value, error }) => value !== undefined || error !== undefined);
  }
  get nowhere(): boolean {
    return this.known && this.servers.length === 0;
  }

  chooseProject = (id: string): void => void (this.#project = id);
  chooseServer = (id: string): void => void (this.#server = id);
}
