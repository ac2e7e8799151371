import type { AppView } from "@appos/shared/apps";
import type { JobKind } from "@appos/shared/jobs";
import type { PolicyRefusal } from "@appos/shared/policy-rules";
import type { ServerView } from "@appos/shared/servers";
import { getContext, setContext } from "svelte";
import type { Query } from "#lib/query.svelte.ts";

const KEY = Symbol("app");

/** The app that all pages beneath are about. */
export interface CurrentApp {
  readonly query: Query<AppView>;
  readonly app: AppView;
  /** Where it runs, once that is known. */
  readonly server: ServerView | undefined;
  /** Why its server would not take on such a job. */
  refused(kind: JobKind): PolicyRefusal | undefined;
  /** Shows what a deployment of the newest version would do, and deploys it once that is agreed to. */
  deploy(): void;
}

export const setCurrentApp = (current: CurrentApp): CurrentApp => setContext(KEY, current);
export const currentApp = (): CurrentApp => getContext<CurrentApp>(KEY);
