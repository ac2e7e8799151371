import type { ProxyModel } from "@appos/shared/sites";
import type { Machine } from "../../machine/machine.ts";
import { applyConfig } from "../apply.ts";
import { driverFor } from "../drivers.ts";
import { proxyFolder } from "../proxy-folder.ts";
import { inTurn } from "./in-turn.ts";
import { installedAs } from "./programs.ts";
import { withCertificates } from "../site-certificates.ts";
import { findTargets } from "../targets.ts";
import { runsWhere } from "../where.ts";

/** Other containers serve the same model from here on: comes back once new requests go to them. While it does not run, nobody waits for it. */
export const serveFrom = (model: ProxyModel, machine: Machine): Promise<void> =>
  inTurn(machine, async () => {
    const container = await runsWhere(model, machine);
    if (!container) return;
    const driver = driverFor(model);
    const resolved = await withCertificates((await findTargets(model, machine)).resolved, model, { driver, machine });
    await installedAs(model).give(resolved, machine);
    const place = { driver, folder: proxyFolder(machine, driver), container, anyway: false };
    await applyConfig(driver.render(resolved), { before: [], after: [] }, place, machine);
  });
