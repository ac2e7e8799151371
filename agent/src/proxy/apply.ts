import { failpoint } from "@appos/shared/failpoint";
import { JobFailure } from "../jobs/job-failure.ts";
import { CommandFailed, type Machine } from "../machine/machine.ts";
import type { Driver, Mark } from "./driver.ts";
import { lastLines } from "./log-lines.ts";
import type { ProxyFolder } from "./proxy-folder.ts";
import { refusal } from "./refusal.ts";
import { act, type Where } from "./where.ts";
import { type Probe, probeAll, type Probes, visitAll } from "./probes.ts";

/** How long a proxy may take to answer by what it was just told. */
const [SETTLED_MS, AGAIN_MS] = [5_000, 250];
/** Of those that do not answer. */
const NAMED = 5;

export interface Place {
  driver: Driver;
  folder: ProxyFolder;
  container: Where;
  /** Whether it is told also where it serves by this configuration already. */
  anyway: boolean;
  /** Some of its files are what it got itself. */
  isOwn?: boolean;
}

/**
 * Has the proxy serve by a new configuration. It is checked beside the one that serves, then takes its place, and is looked at through the
 * proxy. Where it does not serve what was served before, the last one that did is put back. At each moment the file that a proxy would start
 * by is one that its own checker has taken. A proxy that has none goes on by the former one where it cannot read the new one at all; what it
 * leaves out of it, it says.
 */
export async function applyConfig(text: string, probes: Probes, place: Place, machine: Machine) {
  const { files } = machine;
  const { driver, folder, container, anyway, isOwn } = place;
  if ((await files.read(folder.config)) === text && (await files.read(folder.good)) === text)
    return void (anyway && driver.again && (await act("again", driver, container, machine)));
  if (driver.check) {
    await files.share({ [folder.next]: text });
    failpoint("agent: the next proxy configuration is written");
    try {
      await act("check", driver, container, machine);
    } catch (error) {
      await files.remove(folder.next);
      throw refusal(error, "The proxy does not take this configuration, and goes on serving as before");
    }
  }
  const answered = await answering(probes.before, machine);
  await files.share({ [folder.config]: text });
  failpoint("agent: the proxy configuration is in its place");
  await files.remove(folder.next);
  try {
    await reload(text, driver, container, machine);
    failpoint("agent: the proxy has reloaded");
    // Caddy lets go of a certificate that it is to get no more, also where it is the one in a file that it has read just now: it reads it again.
    if (isOwn && driver.again) await act("again", driver, container, machine);
    await mustAnswer([...answered, ...probes.after], machine);
  } catch (error) {
    // Should that fail too, the first reason is the one that counts.
    await putBack(place, machine).catch(() => undefined);
    throw error instanceof JobFailure
      ? error
      : refusal(error, "The proxy could not serve by this configuration, and the one before is back");
  }
  await files.write({ [folder.good]: text });
}

async function reload(text: string, driver: Driver, container: Where, machine: Machine) {
  const { mark, complaint } = driver;
  const since = machine.now();
  if (driver.reload) await act("reload", driver, container, machine);
  if (mark) await mustServe(mark(text), container, machine);
  const said = complaint?.(await lastLines(container, SAID, machine), since);
  if (said !== undefined) throw new CommandFailed("The proxy left out a part of its configuration", 1, [said]);
}

/** Of what the proxy says where it could not do what it was told. */
const SAID = 200;

/** So many answers one after the other: for a moment, who serves by the old one answers beside who serves by the new one. */
const [ALIKE, SOON_MS] = [4, 100];

/** It has taken on the configuration that has this mark. */
export async function mustServe({ name = "localhost", path, status }: Mark, container: Where, machine: Machine): Promise<void> {
  const until = machine.elapsed() + SETTLED_MS;
  for (let alike = 0; alike < ALIKE;) {
    const [seen] = await visitAll([{ name, https: false }], path, 1, machine);
    alike = seen!.status === status ? alike + 1 : 0;
    if (alike === 0 && machine.elapsed() >= until) throw await notTaken(container, machine);
    await machine.sleep(SOON_MS);
  }
}

async function notTaken(container: Where, machine: Machine) {
  return new CommandFailed("The proxy goes on serving as before", 1, await lastLines(container, SAID, machine));
}

/** Those that a visitor gets an answer from now. */
export async function answering(probes: Probe[], machine: Machine): Promise<Probe[]> {
  const seen = await probeAll(probes, machine);
  return probes.filter((_, i) => seen[i]!.status !== null);
}

async function mustAnswer(probes: Probe[], machine: Machine): Promise<void> {
  const until = machine.elapsed() + SETTLED_MS;
  let silent = probes;
  for (;;) {
    const seen = await probeAll(silent, machine);
    silent = silent.filter((_, i) => seen[i]!.status === null);
    if (silent.length === 0) return;
    if (machine.elapsed() >= until) break;
    await machine.sleep(AGAIN_MS);
  }
  const names = [...new Set(silent.map(({ name }) => name))];
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  throw new JobFailure(
    "PROXY_REFUSED",
    `With the new configuration ${names.slice(0, NAMED).join(", ")}${more} did not answer. The one before is back.`,
  );
}

/** As it was when it was last seen to serve. */
async function putBack({ driver, folder, container }: Place, machine: Machine) {
  const good = await machine.files.read(folder.good);
  if (good === undefined) return;
  await machine.files.share({ [folder.config]: good });
  failpoint("agent: the last good proxy configuration is in its place");
  await reload(good, driver, container, machine);
}
