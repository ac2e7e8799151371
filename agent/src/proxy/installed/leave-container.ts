import type { ProxyModel } from "@appos/shared/sites";
import { composeDown } from "../../commands/compose.ts";
import type { JobContext } from "../../jobs/job.ts";
import { runCompose } from "../../jobs/run-compose.ts";
import { driverFor } from "../drivers.ts";
import { proxyFolder } from "../proxy-folder.ts";

/** The server's own proxy serves in its place, so nothing is started from what it was told. */
export async function leaveContainer(former: ProxyModel, context: JobContext): Promise<void> {
  const driver = driverFor(former);
  const { project, config, good, shared } = proxyFolder(context.machine, driver);
  await runCompose(composeDown(project.name, "keep"), context);
  const choices = driver.choices ? [`${shared}/${driver.choices.folder}`] : [];
  for (const path of [config, good, ...choices]) await context.machine.files.remove(path);
}
