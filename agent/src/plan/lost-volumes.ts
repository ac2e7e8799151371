import { type Danger, danger } from "@appos/shared/plan";
import type { Machine } from "../machine/machine.ts";
import { isBelow } from "../policy-mounts.ts";
import { placedIn } from "./placed-files.ts";
import { type Mount, mountsOf, type Next, servicesOf } from "./plan-model.ts";

/** Data that something mounts today and nothing would mount any more. */
export interface Left {
  was: Mount;
  /** What would be in its place. */
  instead: Mount | undefined;
}

/** What the next release leaves behind, whether anything is in it or not. */
export function leftBehind({ model, running, app, files }: Next): Left[] {
  const after = mountsOf(model, app);
  const stays = ({ kind, name }: Mount) =>
    after.some(
      (other) =>
        other.kind === kind && (other.name === name || (kind === "folder" && (isBelow(name, other.name) || isBelow(other.name, name)))),
    );
  const services = new Set(servicesOf(model).map(([name]) => name));
  const gone = mountsOf(running, app).filter((mount) => mayHoldData(mount) && !stays(mount));
  return [...Map.groupBy(gone, ({ kind, name }) => `${kind} ${name}`).values()].map(([first, ...more]) => {
    const lefts = [first!, ...more].map((was) => ({ was, instead: after.find((other) => takesPlace(other, was, services)) }));
    return lefts.find(({ instead }) => instead) ?? lefts[0]!;
  });

  /** A folder counts where it is the app's own: what lies elsewhere on the server is not this app's alone. */
  function mayHoldData({ kind, name, readOnly }: Mount) {
    if (kind === "volume") return true;
    return !readOnly && isBelow(name, app.ownFolder) && !files.some(({ path }) => `${app.directory}/${path}` === name);
  }
}

/** At the same place in the same service; or in another one, where that service is gone. */
const takesPlace = (other: Mount, was: Mount, services: ReadonlySet<string>) =>
  other.target === was.target && (other.service === was.service || !services.has(was.service));

/** Of what is left behind, that which holds data. The engine and the disk are asked only where there is a candidate. */
export async function lostVolumes(next: Next, machine: Machine): Promise<Danger[]> {
  const { engine, files } = machine;
  const left = leftBehind(next);
  if (left.length === 0) return [];
  const names = left.flatMap(({ was, instead }) => [was, instead].flatMap((mount) => (mount?.kind === "volume" ? [mount.name] : [])));
  const volumes = names.length > 0 ? await engine.volumeFacts(names) : new Map<string, { empty: boolean }>();
  const holdsData = async ({ kind, name }: Mount) => {
    if (kind === "volume") return volumes.get(name)?.empty === false;
    const seen = await files.look(name);
    if (!seen?.folder) return false;
    const ours = await placedIn(name, next, machine);
    return seen.names.some((each) => !ours.has(each));
  };
  const dangers: Danger[] = [];
  for (const { was, instead } of left) {
    if (!(await holdsData(was))) continue;
    dangers.push(instead ? renamed(was, instead, await holdsData(instead)) : orphaned(was, next));
  }
  return dangers;
}

const called = ({ kind, name, shown }: Mount) => (kind === "volume" ? `the volume ${name}` : `the folder ${shown}`);

function renamed(was: Mount, instead: Mount, holdsData: boolean): Danger {
  const start = holdsData ? "It would start with other data than it has now." : "It would start without its data.";
  const other = instead.service === was.service ? "would keep it" : `${instead.service}, which takes its place, would keep it`;
  const keep =
    was.kind === "volume" && instead.kind === "volume"
      ? `Call the volume ${was.shown} again; or, under volumes, give ${instead.shown} the line name: ${was.name}.`
      : `Mount ${was.shown} at ${was.target} again.`;
  return danger("volume-renamed", {
    about: was.shown,
    service: instead.service,
    message: `${was.service} keeps ${was.target} in ${called(was)}, and ${other} in ${called(instead)}. ${start} What is in ${called(was)} stays there.`,
    remedy: `${keep} Confirm only if it is meant to start anew, or if you have copied the data.`,
  });
}

function orphaned(was: Mount, { model }: Next): Danger {
  const stays = servicesOf(model).some(([name]) => name === was.service);
  const why = stays ? `${was.service} would no longer mount it at ${was.target}` : `its service ${was.service} is gone from the file`;
  return danger("volume-orphaned", {
    about: was.shown,
    ...(stays && { service: was.service }),
    message: `There is data in ${called(was)}, and nothing would use it any more: ${why}. The data stays on the server.`,
    remedy: `Mount ${was.shown} in the service that needs it. Confirm if the data is not needed any more, or is kept for later on purpose.`,
  });
}
