import { failpoint } from "@appos/shared/failpoint";
import type { Machine } from "../../../machine/machine.ts";
import { DOWN_PAGES } from "../../down-pages.ts";
import type { Driver } from "../../driver.ts";
import { nginxDriver } from "../../nginx-driver.ts";
import { PASSWORDS } from "../../nginx-options.ts";
import { nginxMark } from "../../nginx.ts";
import { proxyFolder, proxyShared } from "../../proxy-folder.ts";
import { OWN_NAME } from "../host-facts.ts";
import type { Installed } from "../installed.ts";
import { tidyShown } from "../shown.ts";
import { besideMain, type FoundNginx, findNginx, mustBeFree } from "./find.ts";
import { OWN_FILE } from "./read-dump.ts";
import { renderHostNginx } from "./render.ts";

const FOLDER = "host";

/** What it is told is told in the same words as in a container, and by other ways. */
const driver: Driver = {
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
const includeText = (machine: Pick<Machine, "folder">) =>
  `# Written by AppOS. Domains of this server's apps; remove them there, and this file goes.\ninclude ${proxyShared(machine)}/${FOLDER}/*.conf;\n`;

export const hostNginx: Installed = {
  program: "nginx",
  title: "Nginx",
  unit: "nginx",
  examine: "nginx -t",
  show: "nginx -T",
  driver,
  keys: proxyShared,
  usual: ({ http, https }) => ({
    program: "nginx",
    include: "",
    listen: { http: [String(http)], https: [String(https)] },
    alone: { http: true, https: true },
  }),
  isRunning: ({ hostNginx: nginx, proxy }) => nginx.hasPort(proxy.http, proxy.https),
  async find(machine) {
    const found = await findNginx(machine);
    return {
      facts: found.facts,
      mustBeFree: (names) => mustBeFree(names, found, machine.proxy),
      check: () => checkBeside(found, machine),
    };
  },
  reload: (_, { hostNginx: nginx, proxy }) => nginx.reload(proxy.http, proxy.https),
  lead: ({ include }, machine) => machine.hostNginx.place(include, includeText(machine)),
  leave: ({ include }, { hostNginx: nginx }) => nginx.place(include, undefined),
  reads: async ({ include }, _, { files }) => (await files.look(include)) !== undefined,
  async give(resolved, { shown }) {
    const files = Object.entries(driver.files!(resolved)).map(([name, text]) => [`${shown.folder}/${name}`, text]);
    if (files.length > 0) await shown.files.share(Object.fromEntries(files));
  },
  tidy: (resolved, machine) => tidyShown([PASSWORDS, DOWN_PAGES], resolved ? Object.keys(driver.files!(resolved)) : [], machine),
};

/**
 * For the check its main file is written once more beside it, for relative names count from there: a file that nothing includes, and that goes
 * again. So nothing that Nginx would read, whoever has it start or reload just then, has not passed its check.
 */
async function checkBeside({ main, files, include }: FoundNginx, machine: Machine): Promise<void> {
  const { hostNginx: nginx } = machine;
  const { next } = proxyFolder(machine, driver);
  const inFolder = files
    .map(({ path }) => path)
    .filter((path) => path.startsWith(`${include.folder}/`) && include.pattern.test(path.slice(include.folder.length + 1)));
  const ours = `${include.folder}/${OWN_FILE}`;
  const all = [...new Set([...inFolder, ours])].sort().map((path) => `include ${quoted(path === ours ? next : path)};`);
  const beside = besideMain(main);
  const { text } = main;
  try {
    await nginx.place(beside, `${text.slice(0, include.from)}${all.join(" ")}${text.slice(include.to)}`);
    failpoint("agent: the next configuration of the host is beside its own");
    await nginx.run(["-t", "-q", "-e", "stderr"], beside);
  } finally {
    await nginx.place(beside, undefined);
  }
}

const quoted = (path: string) => `"${path.replace(/["\\]/g, String.raw`\$&`)}"`;
