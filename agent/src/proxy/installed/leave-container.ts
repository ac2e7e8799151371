import type { ProxyModel } from "@appos/shared/sites";
import { composeDown } from "../../commands/compose.ts";
import type { JobContext } from "../../jobs/job.ts";
import { runCompose } from "../../jobs/run-compose.ts";
import { takeCertificates } from "../hand-over.ts";
import { driverFor } from "../drivers.ts";
import { proxyFolder } from "../proxy-folder.ts";
import { certifiedNames } from "../resolved.ts";

/** Nobody has to wait for certificates that a proxy in a container got; it may have ended. */
export async function keepCertificatesOf(former: ProxyModel, model: ProxyModel, { machine }: JobContext): Promise<void> {
  const driver = driverFor(former);
  const [container] = await machine.engine.containers({ project: proxyFolder(machine, driver).project.name });
  if (container) await takeCertificates(certifiedNames(model), driver, { container, directory: model.acme.directory, machine });
}

/** The server's own proxy serves in its place, so nothing is started from what it was told. */
export async function leaveContainer(former: ProxyModel, context: JobContext): Promise<void> {
  const driver = driverFor(former);
  const { project, config, good, shared } = proxyFolder(context.machine, driver);
  await runCompose(composeDown(project.name, "keep"), context);
  const choices = driver.choices ? [`${shared}/${driver.choices.folder}`] : [];
  for (const path of [config, good, ...choices]) await context.machine.files.remove(path);
}
