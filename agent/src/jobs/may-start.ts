import { type Part, map } from "../policy-model.ts";
import { policyInForce } from "../policy-in-force.ts";
import type { AppFolder, ReleaseFiles } from "./app-folder.ts";
import { prepareDataFolders } from "./data-folders.ts";
import { FILES_LABEL } from "./config-files.ts";
import type { JobContext } from "./job.ts";
import { withoutJoins } from "./joins.ts";
import { keptModel } from "./releases.ts";
import { enforcePolicy } from "./resolve-compose.ts";

/** Holds a release that is kept here against what the server's owner allows by now, and makes sure that its mounts lead nowhere else since. */
export async function mayStart(release: ReleaseFiles, app: AppFolder, context: JobContext) {
  const model = await keptModel(context.machine, release);
  if (!context.byRoot) await enforcePolicy(withoutOurs(model), app, context);
  await prepareDataFolders(model, app, await policyInForce(context.machine), context);
}

const ours = new Set(["appos.app", "appos.release", FILES_LABEL]);

/** What nobody else may set: these labels and networks are ours. */
function withoutOurs(model: Part): Part {
  const services = Object.entries(map(model.services)).map(([name, service]) => {
    const labels = Object.entries(map(map(service).labels)).filter(([label]) => !ours.has(label));
    return [name, { ...map(service), labels: Object.fromEntries(labels) }];
  });
  return withoutJoins({ ...model, services: Object.fromEntries(services) });
}
