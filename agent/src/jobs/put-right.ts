import { composeRecreate } from "../commands/compose.ts";
import type { ReleaseFiles } from "./app-folder.ts";
import { throughOutages } from "./docker-outage.ts";
import type { JobContext } from "./job.ts";
import { readManifest } from "./manifest.ts";
import { runCompose } from "./run-compose.ts";

/** Makes those containers anew that somebody has changed without Compose, which sees no reason to. Their volumes stay with them. */
export async function putRight(release: ReleaseFiles, context: JobContext) {
  const { machine, say } = context;
  const { services = {} } = (await readManifest(machine, release)) ?? {};
  const containers = await machine.engine.containers({ project: release.name });
  const changed = containers.filter(({ oneOff, status, limits }) => !oneOff && (services[status.service]?.limits ?? limits) !== limits);
  const names = [...new Set(changed.map(({ status }) => status.service))];
  if (names.length === 0) return;
  say.note(`Making ${names.join(", ")} anew: ${names.length === 1 ? "its limits were" : "their limits were"} changed by hand.`);
  await throughOutages(context, () => runCompose(composeRecreate(release, names), context));
}
