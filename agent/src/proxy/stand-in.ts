import { failpoint } from "@appos/shared/failpoint";
import { composeDown } from "../commands/compose.ts";
import type { JobContext } from "../jobs/job.ts";
import { runCompose } from "../jobs/run-compose.ts";
import { join } from "../jobs/start-proxy.ts";
import { CommandFailed, type Container, type Machine } from "../machine/machine.ts";
import { PROBE_PATH, type Probe, visitAll } from "./probes.ts";
import { type Kind, ownNetwork, type ProxyFolder } from "./proxy-folder.ts";
import type { Resolved } from "./resolved.ts";

// Docker gives a port to one container at a time: between two that have it one after the other, somebody else has to answer.

const COMMAND_MS = 30_000;
/** How long a proxy may take to serve by what it was just told, and how often in a row it then has to be it that answers. */
const [SETTLED_MS, SOON_MS, ALIKE] = [10_000, 100, 4];
const AT_ONCE = 20;
/** How long those may go on who are connected to a proxy that is to end. */
const DRAIN_MS = 30_000;

/** It is started without ports, to be tried; and then may stand in for who has them. */
export const trialOf = ({ project, path }: ProxyFolder) => ({
  ...project,
  name: `${project.name}_trial`,
  canonical: `${path}/trial.yaml`,
});

/** While this is there, somebody may stand in. */
const noteOf = ({ folder }: Pick<Machine, "folder">) => `${folder}/proxy/stand-in`;

export const noteStandIn = ({ files, ...where }: Pick<Machine, "folder" | "files">) => files.write({ [noteOf(where)]: "" });

interface Standing {
  kind: Kind;
  /** Of the trial. */
  container: Container;
  resolved: Resolved;
  networks: string[];
  /** What answers now. */
  answering: Probe[];
}

/**
 * Has the proxy that was tried serve all that the next one is to serve, and leads every new connection to it: the ports can go from one
 * container to another then, and those who are connected to the former one have time to end. Answers whether it does. Where it cannot,
 * for there is no iptables or no address to reach it at, nothing is changed.
 */
export async function standIn(standing: Standing, context: JobContext): Promise<boolean> {
  const { machine, say } = context;
  try {
    const address = await serving(standing, context);
    failpoint("agent: another proxy can stand in");
    await machine.detour.open(address);
    failpoint("agent: another proxy stands in");
    await mustLead(standInId(standing.resolved), machine);
    return true;
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    await machine.detour.close();
    say.note(`Nobody can be answered for about a second while the ports change hands: ${error.message}.`);
    return false;
  }
}

/** Answers at which address it serves all that answers now. */
async function serving({ kind, container, resolved, networks, answering }: Standing, context: JobContext): Promise<string> {
  const { machine } = context;
  const { driver, folder } = kind;
  const { engine, files } = machine;
  const { name } = trialOf(folder);
  await join(container, networks, context);
  const unseen = [...(await engine.gateways(folder.project.name)), ...(await engine.gateways(name))];
  await files.share({ [folder.config]: driver.render({ ...resolved, id: standInId(resolved), unseen, asksNobody: true }) });
  await engine.runInside(container, driver.reload!, COMMAND_MS);
  const host = await engine.addressIn(container.id, ownNetwork({ name }));
  if (host === undefined) throw new CommandFailed("The other proxy has no address of its own", null, []);
  await mustBe(standInId(resolved), { host, port: 80 }, machine);
  const toItself = {
    ...machine,
    visit: (visit: Parameters<Machine["visit"]>[0]) => machine.visit({ ...visit, host, port: visit.https ? 443 : 80 }),
  };
  const seen = await visitAll(answering, PROBE_PATH, AT_ONCE, toItself);
  const silent = answering.find((_, i) => seen[i]!.status === null);
  if (silent) throw new CommandFailed(`${silent.name} is not answered by the other proxy alone`, null, []);
  return host;
}

const standInId = ({ id }: Pick<Resolved, "id">) => `${id}-stand-in`;

/** Whoever comes to the server is led to it. */
async function mustLead(id: string, machine: Machine) {
  const host = machine.addresses().find((address) => !address.includes(":"));
  if (host === undefined) throw new CommandFailed("This server has no IPv4 address of its own", null, []);
  await mustBe(id, { host, port: machine.proxy.http }, machine);
}

async function mustBe(id: string, at: { host: string; port: number }, machine: Machine) {
  const until = machine.elapsed() + SETTLED_MS;
  for (let alike = 0; alike < ALIKE;) {
    const seen = await machine.visit({ name: "localhost", path: PROBE_PATH, https: false, ...at });
    alike = seen.proxy === id ? alike + 1 : 0;
    if (alike === 0 && machine.elapsed() >= until) throw new CommandFailed("The other proxy is not reached", null, []);
    if (alike === 0) await machine.sleep(SOON_MS);
  }
}

/** Nobody new comes to who has the ports: those who are connected may end what they do. */
export async function drain({ folder }: Kind, machine: Machine): Promise<void> {
  await endAll(folder.project.name, machine);
  failpoint("agent: the former proxy has ended");
}

/** Some proxies end at once what stays open for long, as a websocket does. */
async function endAll(project: string, { engine, elapsed, sleep }: Machine) {
  for (const { id, status } of await engine.containers({ project })) {
    if (status.state !== "running") continue;
    const until = elapsed() + DRAIN_MS;
    while (((await engine.openConnections(id, [80, 443], "anybody")) ?? 0) > 0 && elapsed() < until) await sleep(SOON_MS);
    await engine.stop(id);
  }
}

/** Who has the ports serves: new connections go there. Who is still connected to who stood in may end what they do. Nothing is done where nobody did. */
export async function dismissStandIn(folder: ProxyFolder, context: JobContext): Promise<void> {
  const { files, detour, ...where } = context.machine;
  if ((await files.read(noteOf(where))) === undefined) return;
  const trial = trialOf(folder);
  await detour.close();
  failpoint("agent: nobody is led to who stood in");
  await endAll(trial.name, context.machine);
  await runCompose(composeDown(trial.name, "delete"), context);
  await files.remove(folder.next);
  await files.remove(trial.canonical);
  await files.remove(noteOf(where));
}
