import { page } from "$app/state";

/** Viewers look; what changes something is not shown to them. */
export const mayChange = (): boolean => page.data.me?.role === "admin";
