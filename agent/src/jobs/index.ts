import { deployApp } from "./deploy-app.ts";
import type { JobHandlers } from "./job.ts";
import { adoptApp } from "./adopt-app.ts";
import { applySites } from "./apply-sites.ts";
import { removeApp } from "./remove-app.ts";
import { restartApp } from "./restart-app.ts";
import { rollbackApp } from "./rollback-app.ts";
import { startApp } from "./start-app.ts";
import { stopApp } from "./stop-app.ts";

/** Everything an agent can do. The kind is the file name; a kind without a handler does not compile. */
export const handlers: JobHandlers = {
  "deploy-app": deployApp,
  "rollback-app": rollbackApp,
  "adopt-app": adoptApp,
  "start-app": startApp,
  "stop-app": stopApp,
  "restart-app": restartApp,
  "remove-app": removeApp,
  "apply-sites": applySites,
};
