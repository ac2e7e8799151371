import { nameOf } from "@appos/shared/updates";
import { errorText } from "../../errors.ts";
import type { Ports } from "../../ports.ts";
import type { AppRow, AppService } from "../apps/service.ts";
import type { DeploymentService } from "../deployments/service.ts";
import type { JobService } from "../jobs/service.ts";
import type { ServerService } from "../servers/service.ts";
import { isOpen } from "./window.ts";

/** Deploys what is newer for apps whose window is open: each once, and never while anything else is under way with that app. */
export function automaticUpdates(
  { database, clock, log }: Pick<Ports, "database" | "clock" | "log">,
  servers: ServerService,
  jobs: JobService,
  { imageUpdates: store }: AppService,
  deployments: DeploymentService,
) {
  async function deploy(app: AppRow) {
    const { available, ...found } = app.updatesFound;
    if ((await jobs.openOfApps(app.id)).length > 0) return;
    if (!(await store.claimTry(app.id, nameOf(available)))) return;
    try {
      const refresh = available.map(({ service }) => service);
      await deployments.start(app.id, null, undefined, { refresh, ...(app.liveVersion !== null && { version: app.liveVersion }) });
    } catch (error) {
      // It is not tried again, so it has to be seen.
      const problem = `AppOS could not update this app by itself: ${error instanceof Error ? error.message : String(error)}`;
      log.warn("an automatic update was not begun", { app: app.name, error: errorText(error) });
      await database.batch([store.setFound(app.id, { ...found, available, problem: problem.slice(0, 1_000) })]);
    }
  }

  return {
    async deployDue() {
      const now = clock.now();
      const ready = (await store.automatic()).filter(
        ({ updates, updatesFound, updatesTried, wanted, liveRelease }) =>
          updates.mode === "window" &&
          updatesFound.available.length > 0 &&
          isOpen(updates, now) &&
          liveRelease !== null &&
          wanted === "running" &&
          nameOf(updatesFound.available) !== updatesTried,
      );
      // A server that is away would do it whenever it comes back: perhaps when nobody wants it any more.
      const presences = await servers.presences(ready.map(({ serverId }) => serverId));
      for (const app of ready) if (presences.get(app.serverId)?.linked) await deploy(app);
    },
  };
}
