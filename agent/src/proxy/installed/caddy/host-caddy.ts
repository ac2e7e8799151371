import type { Machine } from "../../../machine/machine.ts";
import { caddyDriver } from "../../caddy-driver.ts";
import { certificateProblems, sharedFolder } from "../../certificates.ts";
import { DOWN_PAGES, downPageFiles } from "../../down-pages.ts";
import type { Driver } from "../../driver.ts";
import { proxyFolder } from "../../proxy-folder.ts";
import type { Resolved } from "../../resolved.ts";
import { OWN_NAME } from "../host-facts.ts";
import type { Installed } from "../installed.ts";
import { tidyShown } from "../shown.ts";
import { checkBeside, findCaddy, mainFile, mustBeFree } from "./find.ts";
import { addressesOf, caddyMark, keptName, renderHostCaddy } from "./render.ts";

const { certificates: _, ...inContainer } = caddyDriver;
/** It is told in a Caddyfile, for nothing else can be imported by one; and given its certificates, for what it gets itself is its own affair. */
const driver: Driver = {
  ...inContainer,
  config: "host/appos.caddyfile",
  next: "host-next.caddyfile",
  render: (model) => renderHostCaddy(model, model.host!),
  mark: (text) => ({ name: OWN_NAME, path: caddyMark(text), status: 204 }),
  certificatesBy: "agent",
  certificateProblems,
};

/** By name, what it alone is shown: it reads as somebody who may not read what is the agent's. Certificates are never two of one name. */
async function keptFiles({ certificates, sites }: Resolved, machine: Pick<Machine, "folder" | "files">): Promise<Map<string, string>> {
  const addresses = sites.flatMap(({ routes }) => routes.flatMap((route) => [...addressesOf(route)]));
  const files = [...new Set(certificates.values())].map(
    async (file) => [keptName(file), (await machine.files.read(`${sharedFolder(machine)}/${file}`)) ?? ""] as const,
  );
  return new Map([...addresses, ...(await Promise.all(files))]);
}

export const hostCaddy: Installed = {
  program: "caddy",
  title: "Caddy",
  unit: "caddy",
  examine: "caddy validate --config /etc/caddy/Caddyfile",
  show: "caddy adapt --config /etc/caddy/Caddyfile",
  driver,
  keys: (machine) => machine.hostCaddy.kept.folder,
  usual: () => ({ program: "caddy", include: "", listen: { http: [], https: [] }, alone: { http: false, https: false } }),
  isRunning: async (machine) => (await machine.hostCaddy.started()) !== undefined,
  async find(machine) {
    const found = await findCaddy(machine);
    return {
      facts: found.facts,
      mustBeFree: (names) => mustBeFree(names, found, machine.proxy),
      check: async () => checkBeside(found, (await machine.files.read(proxyFolder(machine, driver).next)) ?? "", machine),
    };
  },
  async reload({ include }, machine) {
    const main = await mainFile(machine);
    await machine.hostCaddy.place(include, await machine.files.read(proxyFolder(machine, driver).config));
    // It goes by what the file says, and leaves it where that says what it serves by already.
    return machine.hostCaddy.run(["reload", "--adapter", "caddyfile", "--config", main]);
  },
  leave: ({ include }, machine) => machine.hostCaddy.place(include, undefined),
  reads: async ({ include }, text, machine) => (await machine.hostCaddy.read(include)) === text,
  async hasAll(resolved, machine) {
    const { kept, read } = machine.hostCaddy;
    for (const [name, text] of await keptFiles(resolved, machine)) if ((await read(`${kept.folder}/${name}`)) !== text) return false;
    return true;
  },
  async give(resolved, machine) {
    const { hostCaddy: caddy, shown } = machine;
    const pages = Object.entries(downPageFiles(resolved)).map(([name, text]) => [`${shown.folder}/${name}`, text]);
    if (pages.length > 0) await shown.files.share(Object.fromEntries(pages));
    await caddy.kept.keep(await keptFiles(resolved, machine));
  },
  async tidy(resolved, machine) {
    await tidyShown([DOWN_PAGES], resolved ? Object.keys(downPageFiles(resolved)) : [], machine);
    await machine.hostCaddy.kept.only(resolved ? [...(await keptFiles(resolved, machine)).keys()] : []);
  },
};
