import { failpoint } from "@appos/shared/failpoint";
import type { Machine } from "../../machine/machine.ts";
import { nginxDriver } from "../nginx-driver.ts";
import { nginxMark } from "../nginx.ts";
import type { Driver } from "../driver.ts";
import { proxyFolder, proxyShared } from "../proxy-folder.ts";
import { type FoundNginx, findNginx } from "./find-nginx.ts";
import { hostFacts, type HostPlaces } from "./host-facts.ts";
import { OWN_NAME, renderHostNginx } from "./render.ts";
import { OWN_FILE } from "./read-dump.ts";

export type Act = "check" | "reload" | "again";

/** It is no container's program, and so has ways of its own. */
export interface OnHost {
  acts: Record<Act, () => Promise<unknown>>;
}

const FOLDER = "host";

/** Nginx of the server itself: what it is told is told in the same words, and by other ways. */
export const hostNginxDriver: Driver = {
  ...nginxDriver,
  config: `${FOLDER}/nginx.conf`,
  next: "host-next.conf",
  render: (model) => renderHostNginx(model, model.host!),
  mark: (text) => ({ name: OWN_NAME, path: nginxMark(text), status: 204 }),
};

/**
 * The one file of ours in a folder of somebody else's. It never changes: what it leads to does, in the agent's own folder, where each change
 * has passed the check before. With an asterisk, a file that is gone is no fault.
 */
export const includeText = (machine: Pick<Machine, "folder">) =>
  `# Written by AppOS. Domains of this server's apps; remove them there, and this file goes.\ninclude ${proxyShared(machine)}/${FOLDER}/*.conf;\n`;

/** What the renderer is told of it. Nobody has said yet how it is set up: then it is usual, until somebody has looked. */
export async function hostPlaces(machine: Pick<Machine, "folder" | "files" | "proxy" | "hostNginx">): Promise<HostPlaces> {
  const { http, https } = machine.proxy;
  const usual = { include: "", listen: { http: [String(http)], https: [String(https)] }, alone: { http: true, https: true } };
  return { facts: (await hostFacts(machine)) ?? usual, shown: machine.hostNginx.shown.folder, keys: proxyShared(machine) };
}

/** `found`: as it was found just now. */
export const onHost = (machine: Machine, found?: FoundNginx): OnHost => ({
  acts: {
    check: async () => checkBeside(found ?? (await findNginx(machine)), machine),
    reload: () => machine.hostNginx.reload(machine.proxy.http, machine.proxy.https),
    again: async () => undefined,
  },
});

/** Where its main file is written once more for that. What is there of an agent that was killed is removed by the next one. */
export const besideMain = ({ path }: Pick<FoundNginx["main"], "path">) => `${path.slice(0, path.lastIndexOf("/"))}/.appos-next.conf`;

/**
 * Has Nginx check all that it is configured by, with our next file in the place of the one that serves. For that its main file is written once
 * more beside it, for relative names count from there: a file that nothing includes, and that goes again. So nothing that Nginx would read,
 * whoever has it start or reload just then, has not passed its check.
 */
async function checkBeside({ main, files, include }: FoundNginx, machine: Machine): Promise<void> {
  const { hostNginx } = machine;
  const { next } = proxyFolder(machine, hostNginxDriver);
  const inFolder = files
    .map(({ path }) => path)
    .filter((path) => path.startsWith(`${include.folder}/`) && include.pattern.test(path.slice(include.folder.length + 1)));
  const ours = `${include.folder}/${OWN_FILE}`;
  const all = [...new Set([...inFolder, ours])].sort().map((path) => `include ${quoted(path === ours ? next : path)};`);
  const beside = besideMain(main);
  const { text } = main;
  try {
    await hostNginx.place(beside, `${text.slice(0, include.from)}${all.join(" ")}${text.slice(include.to)}`);
    failpoint("agent: the next configuration of the host is beside its own");
    await hostNginx.run(["-t", "-q", "-e", "stderr"], beside);
  } finally {
    await hostNginx.place(beside, undefined);
  }
}

const quoted = (path: string) => `"${path.replace(/["\\]/g, String.raw`\$&`)}"`;
