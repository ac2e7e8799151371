import { goBackFirst, serveSites } from "../jobs/apply-sites.ts";
import { lookOnHost } from "./installed/serve-on-host.ts";
import { silence } from "../jobs/job.ts";
import type { Machine } from "../machine/machine.ts";
import { keepCertificates } from "./certificate-keeper.ts";
import { areChosen } from "./choices.ts";
import { withCertificates } from "./site-certificates.ts";
import { naps } from "../naps.ts";
import { driverFor } from "./drivers.ts";
import { startsAs } from "./proxy-compose.ts";
import { proxyProject, proxyFolder } from "./proxy-folder.ts";
import { proxyModel } from "./proxy-model.ts";
import { dismissStandIn } from "./stand-in.ts";
import { findTargets } from "./targets.ts";

/** Containers come and go several at a time; and nothing says that the proxy's own is gone. */
const [SOON_MS, LOOK_MS] = [500, 30_000];

interface Keeper {
  machine: Machine;
  /** Runs something while no job changes the proxy. */
  inLane<T>(lane: string, task: () => Promise<T>, options: { urgent: boolean }): Promise<T>;
  warn(message: string): void;
  signal: AbortSignal;
}

/** Keeps the proxy serving what it was last asked to as containers come and go, whether or not the control plane is there. */
export function keepProxy({ machine, inLane, warn, signal }: Keeper) {
  const { nap, wake } = naps(machine, signal);
  let said = "";

  /** Undefined where the proxy is as it should be. */
  const look = () =>
    inLane("proxy", () => mend(machine, signal), { urgent: true }).then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );

  async function go() {
    let failures = 0;
    while (!signal.aborted) {
      const problem = await look();
      failures = problem === undefined ? 0 : failures + 1;
      if (problem === undefined) said = "";
      // What failed once may have met something on its way: a container that was just being removed.
      if (failures > 1 && problem !== undefined && problem !== said && !signal.aborted) {
        warn(`The proxy could not be kept as it was: ${problem}`);
        said = problem;
      }
      if (failures !== 1) await nap(LOOK_MS);
      // What happens at once is looked at once.
      await machine.sleep(Math.min(SOON_MS * 2 ** failures, LOOK_MS), signal).catch(() => undefined);
    }
  }

  machine.engine.watch(wake, signal);
  void go();
  return keepCertificates({ machine, arrived: wake, signal });
}

/** Does what the last order did, where that is not so any more. */
async function mend(machine: Machine, signal: AbortSignal) {
  const context = { machine, signal, say: silence, attempt: 1 };
  await goBackFirst(context);
  const model = await proxyModel(machine);
  const driver = model && driverFor(model);
  if (!driver || (await machine.dockerProblem())) return;
  const look = async () => {
    if (model.place === "host") return lookOnHost(model, driver, machine);
    const [container] = await machine.engine.containers({ project: proxyProject(machine) });
    const { resolved: found, networks } = await findTargets(model, machine);
    const resolved = await withCertificates(found, model, { driver, machine });
    const isInAll = networks.every((network) => container?.networks.includes(network));
    // The file of another kind is what an agent leaves that was killed while one took over from the other.
    const { config, good, project } = proxyFolder(machine, driver);
    const isKind = startsAs(await machine.files.read(project.canonical), driver, resolved);
    const text = driver.render(resolved);
    // Where only one of them is so, an agent was killed before the proxy had taken it on.
    const isTaken = (await machine.files.read(config)) === text && (await machine.files.read(good)) === text;
    const isAsRendered = isTaken && (await areChosen(resolved, driver, machine));
    return { text, isWell: container?.status.state === "running" && isInAll && isKind && isAsRendered };
  };
  let seen = await look();
  // Half of what is just happening is no reason to reload.
  for (let before = ""; !seen.isWell && seen.text !== before; seen = await look()) {
    before = seen.text;
    await machine.sleep(SOON_MS, signal);
  }
  if (!seen.isWell) return void (await serveSites(model, context, { anyway: false }));
  // Of an agent that was killed.
  await dismissStandIn(proxyFolder(machine, driver), context);
}
