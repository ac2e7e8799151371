import { page } from "$app/state";

/** Viewers look; what changes something is not shown to them. */
export const mayChange = (): boolean => page.data.me?.role === "admin";

/** Whoever is signed in, as a server's policy names people. */
export const myEmail = (): string | null => page.data.me?.email ?? null;
