import { page } from "$app/state";

/** What belongs to no project is for administrators. Whoever may not change something is not shown how. */
export const mayChange = (): boolean => page.data.me?.role === "admin";

/** An app of this project, and what the project shares; an app without one is for administrators. */
export const mayChangeIn = (projectId: string | null | undefined): boolean => mayChange() || developsIn().some((id) => id === projectId);

/** Some app, somewhere. */
export const mayAddApps = (): boolean => mayChange() || developsIn().length > 0;

const developsIn = (): string[] => (page.data.me?.projects ?? []).filter(({ role }) => role === "developer").map(({ id }) => id);

/** Sees nothing but their projects. */
export const isMember = (): boolean => page.data.me?.role === "member";

/** Whoever is signed in, as a server's policy names people. */
export const myEmail = (): string | null => page.data.me?.email ?? null;
