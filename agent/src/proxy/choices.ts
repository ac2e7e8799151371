import type { Machine } from "../machine/machine.ts";
import { mustServe } from "./apply.ts";
import type { Driver } from "./driver.ts";
import { driverFor } from "./drivers.ts";
import { proxyProject, proxyShared } from "./proxy-folder.ts";
import { proxyModel } from "./proxy-model.ts";
import { serveFrom } from "./installed/serve-from.ts";
import type { Resolved } from "./resolved.ts";
import { goTo, liveNames, liveSlot, type Slot, slotFile, type Slotted } from "./slots.ts";
import { findTargets } from "./targets.ts";

// Some proxies do not look for the files in `live` by themselves. They are told by files of their own, which follow those: `live` is what
// counts, and whoever finds others (see keeper.ts) writes them anew.

type Place = Pick<Machine, "folder" | "files">;
type Chosen = Pick<Driver, "choices">;

/** Writes who serves. `former`: who was named before, and is not any more, may be asked for until another configuration serves. */
export async function writeChoices(model: Resolved, { choices }: Chosen, former: "kept" | "gone", { folder, files }: Place): Promise<void> {
  if (!choices) return;
  for (let written = ""; ;) {
    const live = (await liveNames({ folder, files })).sort();
    // A service that went over while this was written is written once more.
    if (written === `${live.join()};`) return;
    for (const [name, text] of Object.entries(choices.texts(model, new Set(live)))) {
      const path = `${proxyShared({ folder })}/${name}`;
      const there = await files.read(path);
      const next = former === "kept" && there !== undefined ? choices.both(text, there) : text;
      if (next !== there) await files.share({ [path]: next });
    }
    written = `${live.join()};`;
  }
}

/** Of services that cannot go over any more nothing is kept. */
export async function removeChoices(model: Resolved, { choices, config }: Pick<Driver, "choices" | "config">, { folder, files }: Place) {
  if (!choices) return;
  const kept = [config, ...Object.keys(choices.texts(model, new Set()))];
  const shared = proxyShared({ folder });
  // What is just being written has another ending.
  for (const name of await files.list(`${shared}/${choices.folder}`))
    if (name.endsWith(".yaml") && !kept.includes(`${choices.folder}/${name}`)) await files.remove(`${shared}/${choices.folder}/${name}`);
}

/** Whether exactly those are named who serve. */
export async function areChosen(model: Resolved, { choices }: Chosen, { folder, files }: Place): Promise<boolean> {
  if (!choices) return true;
  const texts = Object.entries(choices.texts(model, new Set(await liveNames({ folder, files }))));
  for (const [name, text] of texts) if ((await files.read(`${proxyShared({ folder })}/${name}`)) !== text) return false;
  return true;
}

/** What the proxy was told of this service. */
export async function chosenText(of: Slotted, { choices }: Chosen, { folder, files }: Place): Promise<string | undefined> {
  return choices && (await files.read(`${proxyShared({ folder })}/${choices.file(slotFile(of))}`));
}

/** From here on this one serves; and comes back once the proxy sends requests to it. */
export async function turnTo(slot: Slot, of: Slotted, machine: Machine): Promise<void> {
  const before = await liveSlot(of, machine);
  await goTo(slot, of, machine);
  const model = await proxyModel(machine);
  const driver = model && driverFor(model);
  if (model?.place === "host")
    return serveFrom(model, machine).catch(async (error: unknown) => {
      // It goes on as it was, and so does who serves.
      await goTo(before, of, machine);
      throw error;
    });
  if (!driver?.choices) return;
  const { resolved } = await findTargets(model!, machine);
  await writeChoices(resolved, driver, "kept", machine);
  const text = await chosenText(of, driver, machine);
  const [container] = await machine.engine.containers({ project: proxyProject(machine) });
  if (text !== undefined && driver.mark && container?.status.state === "running") await mustServe(driver.mark(text), container, machine);
}
