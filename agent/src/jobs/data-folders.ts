import type { Policy } from "@appos/shared/policy";
import { list, map, type Part, text } from "../policy-model.ts";
import { cleanPath, isBelow } from "../policy-mounts.ts";
import type { AppFolder } from "./app-folder.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";

/** Makes the folders that services mount from the app's own, and makes sure that no mount leads elsewhere through a link. */
export async function prepareDataFolders(model: Part, app: AppFolder, policy: Policy, { machine }: JobContext) {
  for (const [service, definition] of Object.entries(map(model.services))) {
    for (const mount of list(map(definition).volumes).map(map)) {
      if (mount.type !== "bind") continue;
      const path = cleanPath(text(mount.source));
      await refuseLinks(path, service);
      if (isBelow(path, app.path) && map(mount.bind).create_host_path === true) await machine.files.makeDataFolder(path);
    }
  }
  for (const source of [...Object.values(map(model.secrets)), ...Object.values(map(model.configs))].map(map)) {
    if (source.file) await refuseLinks(cleanPath(text(source.file)));
  }

  async function refuseLinks(path: string, service?: string) {
    const top = [app.ownFolder, ...[...policy.compose.hostMounts, ...policy.files.roots].map(cleanPath)].find((allowed) =>
      isBelow(path, allowed),
    );
    const link = top && (await machine.files.linkOnTheWay(top, path));
    if (!link) return;
    throw new JobFailure("POLICY_REFUSED", `${path} leads elsewhere: ${link} is a link. Mount the folder itself.`, {
      rule: "host-mount",
      ...(service && { service }),
    });
  }
}
