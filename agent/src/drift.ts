import { DRIFT_FINDINGS, type DriftFinding } from "@appos/shared/drift";
import { editedProject } from "./adopt/edited-project.ts";
import type { AppFolder, ReleaseFiles } from "./jobs/app-folder.ts";
import type { Expected } from "./jobs/health.ts";
import { type Manifest, readManifest } from "./jobs/manifest.ts";
import { currentRelease, expectedOf } from "./jobs/releases.ts";
import { limitChanges } from "./limit-changes.ts";
import type { Container, Machine } from "./machine/machine.ts";

/** Compose gives a container such a name while it takes the place of another. */
const temporary = /^[0-9a-f]{12}_/;
/** Restarts by which something falls over time and again, and how long after the last one that is so. */
const FALLS = 3;
const FALLEN_MS = 120_000;
/** Nobody waits longer for what Compose makes of a project's files. */
const LOOK_MS = 30_000;

/** What runs of an app, held against what its live release says. Undefined where none is live, or nothing is known of it. */
export async function driftOf(machine: Machine, app: AppFolder, containers: Container[]): Promise<DriftFinding[] | undefined> {
  const live = await currentRelease(machine, app);
  const manifest = live && (await readManifest(machine, live));
  if (!live || !manifest) return undefined;
  const expected = await expectedOf(machine, live).catch(() => undefined);
  if (!expected) return undefined;
  const edited = await editedCompose(machine, app, live);
  const isByOwnFiles = containers.some((container) => isOtherwise(container, manifest)) && (await hasEditedFiles(machine, app, containers));
  const found = findings(manifest, expected, containers, machine.now(), isByOwnFiles);
  return [...(edited ? [edited] : []), ...found].slice(0, DRIFT_FINDINGS);
}

/** Whoever edits the file in the app's folder means something by it, which does not run. */
async function editedCompose({ files }: Machine, app: AppFolder, live: ReleaseFiles): Promise<DriftFinding | undefined> {
  const [there, deployed] = [await files.read(app.compose), await files.read(live.compose)];
  if (there === undefined || deployed === undefined || there === deployed) return undefined;
  return {
    service: null,
    kind: "changed-by-hand",
    message: `The compose file in ${app.path} was edited on the server. It is not what release ${live.release} was made from, and does not run.`,
    details: [],
    adopt: { what: "compose" },
  };
}

/** An adopted project that was changed where it always was, and brought up there: its own files say what runs. */
async function hasEditedFiles(machine: Machine, app: AppFolder, containers: Container[]): Promise<boolean> {
  const appId = containers.find((container) => container.appId !== null)?.appId;
  return appId !== undefined && appId !== null && (await editedProject(machine, app, appId, AbortSignal.timeout(LOOK_MS))) !== undefined;
}

/** Pure: what is there against what should be. */
export function findings(
  manifest: Manifest,
  expected: Expected,
  containers: Container[],
  now: number,
  isByOwnFiles = false,
): DriftFinding[] {
  const mine = containers.filter(({ oneOff, status }) => !oneOff && !temporary.test(status.container));
  const of = Map.groupBy(mine, ({ status }) => status.service);
  const missing = [...expected].flatMap(([service, wanted]) => gone(service, wanted, of.get(service) ?? []));
  const found = mine.flatMap((container) => {
    if (!expected.has(container.status.service)) return [extra(container, manifest.release)];
    return [
      replaced(container, manifest),
      changed(container, manifest, isByOwnFiles),
      limited(container, manifest),
      fallen(container, now),
      stopped(container),
    ];
  });
  const surplus = [...expected].flatMap(([service, wanted]) =>
    (of.get(service) ?? []).slice(wanted).map((each) => extra(each, manifest.release)),
  );
  return [...missing, ...found.filter((each) => each !== undefined), ...surplus];
}

type Plain = Pick<DriftFinding, "service" | "kind" | "message"> & Partial<DriftFinding>;
const finding = (of: Plain): DriftFinding => ({ details: [], adopt: null, ...of });

function gone(service: string, wanted: number, there: Container[]): DriftFinding[] {
  if (there.length >= wanted) return [];
  const message = there.length === 0 ? `${service} has no container any more.` : `${service} has ${there.length} of ${wanted} containers.`;
  return [finding({ service, kind: "gone", message })];
}

const extra = ({ status }: Container, release: number) =>
  finding({ service: status.service, kind: "extra", message: `${status.container} runs besides what release ${release} has.` });

function replaced({ status, imageId, configHash }: Container, { images, services, release }: Manifest) {
  const pinned = images.find(({ service }) => service === status.service);
  if (pinned?.id === undefined || pinned.id === imageId) return undefined;
  // Made from the same definition: then the image is all that differs, and its name says which.
  const isSame = services[status.service]?.configHash === configHash && !status.image.startsWith("sha256:");
  return finding({
    service: status.service,
    kind: "image-replaced",
    message: `${status.container} runs another image than release ${release}.`,
    details: [`It runs ${status.image}, ${imageId.slice(0, 19)}.`, `Release ${release} has ${pinned.image}, ${pinned.id.slice(0, 19)}.`],
    adopt: isSame ? { what: "image", image: status.image } : null,
  });
}

function isOtherwise({ status, configHash, oneOff }: Container, { services }: Manifest) {
  const said = services[status.service];
  return !oneOff && said !== undefined && said.configHash !== null && said.configHash !== configHash;
}

function changed(container: Container, manifest: Manifest, isByOwnFiles: boolean) {
  if (!isOtherwise(container, manifest)) return undefined;
  const [{ status }, { release }] = [container, manifest];
  const message = `${status.container} was made from another definition than release ${release} has of ${status.service}.`;
  return finding({ service: status.service, kind: "changed-by-hand", message, adopt: isByOwnFiles ? { what: "compose" } : null });
}

function limited({ status, limits }: Container, { services }: Manifest) {
  const said = services[status.service];
  if (!said || said.limits === limits) return undefined;
  return finding({
    service: status.service,
    kind: "changed-by-hand",
    message: `Limits or the restart policy of ${status.container} were changed on the server.`,
    details: limitChanges(said.limits, limits),
  });
}

function fallen({ status }: Container, now: number) {
  const fell = status.state === "restarting" || (status.startedAt !== null && now - status.startedAt < FALLEN_MS);
  if (status.restarts < FALLS || !fell) return undefined;
  return finding({
    service: status.service,
    kind: "restart-loop",
    message: `${status.container} ends and is started again time and again, ${status.restarts} times so far. Its logs say why.`,
  });
}

function stopped({ status, restartPolicy }: Container) {
  if (status.state === "running" || status.state === "restarting") return undefined;
  const isDone = status.state === "exited" && status.exitCode === 0 && restartPolicy !== "always" && restartPolicy !== "unless-stopped";
  if (isDone) return undefined;
  const how = status.state === "exited" ? `has ended with exit code ${status.exitCode}` : `is ${status.state}`;
  return finding({ service: status.service, kind: "stopped", message: `${status.container} ${how}.` });
}
