import type { AppView } from "@appos/shared/apps";
import { getContext, setContext } from "svelte";
import type { Query } from "#lib/query.svelte.ts";

const KEY = Symbol("app");

/** The app that all pages beneath are about. */
export interface CurrentApp {
  readonly query: Query<AppView>;
  readonly app: AppView;
}

export const setCurrentApp = (current: CurrentApp): CurrentApp => setContext(KEY, current);
export const currentApp = (): CurrentApp => getContext<CurrentApp>(KEY);
