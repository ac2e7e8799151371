import type { PinnedImage } from "@appos/shared/jobs";
import { composePull, type Project } from "../commands/compose.ts";
import { diagnose } from "../commands/failures.ts";
import { CommandFailed } from "../machine/machine.ts";
import { map, type Part, text } from "../policy-model.ts";
import { throughOutages } from "./docker-outage.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";
import { runCompose } from "./run-compose.ts";
import { step } from "./step.ts";

/** Fetches the images that are not here. What runs is not touched. */
export async function pullImages(project: Project, services: Part, context: JobContext): Promise<PinnedImage[]> {
  const { engine } = context.machine;
  const wanted = Object.entries(services).map(([service, definition]) => ({
    service,
    image: text(map(definition).image),
    policy: text(map(definition).pull_policy),
  }));
  const names = [...new Set(wanted.map(({ image }) => image))];
  const here = await throughOutages(context, () => engine.images(names));
  const missing = wanted.filter(({ image, policy }) => !here.has(image) || policy === "always");
  if (missing.length === 0) {
    context.say.skip("pull", "All images are here.");
    return pinned(wanted, here);
  }
  return step("pull", context, async () => {
    const pullable = missing.filter(({ policy }) => policy !== "never");
    if (pullable.length > 0) await pull(project, pullable, context);
    const now = await engine.images(names);
    const absent = wanted.find(({ image }) => !now.has(image));
    if (absent) throw notFound(absent, "It is not here, and was not pulled.", []);
    return pinned(wanted, now);
  });
}

interface Wanted {
  service: string;
  image: string;
}

async function pull(project: Project, wanted: Wanted[], context: JobContext) {
  const oneEach = [...new Map(wanted.map((each) => [each.image, each])).values()];
  const command = composePull(
    project,
    oneEach.map(({ service }) => service),
  );
  try {
    await throughOutages(context, () => runCompose(command, context));
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const { kind, line } = diagnose(error.lines);
    const blamed = oneEach.find(({ image }) => line.includes(repositoryOf(image))) ?? oneEach[0]!;
    if (kind === "no-image") throw notFound(blamed, `Docker said: ${line}`, error.lines);
    if (kind === "disk-full") throw new JobFailure("DISK_FULL", `There is no space left on this server's disk. Docker said: ${line}`);
    const which = oneEach.length === 1 ? `The image ${blamed.image}` : "An image";
    throw new JobFailure("PULL_FAILED", `${which} could not be pulled. Docker said: ${line}`, { lines: error.lines });
  }
}

const notFound = ({ service, image }: Wanted, why: string, lines: string[]) =>
  new JobFailure("IMAGE_NOT_FOUND", `The image ${image} of the service ${service} was not found. ${why}`, { service, lines });

/** Without tag and digest. */
const repositoryOf = (image: string) => image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");

const pinned = (wanted: Wanted[], here: Awaited<ReturnType<JobContext["machine"]["engine"]["images"]>>) =>
  wanted.map(({ service, image }) => ({ service, image, digest: here.get(image)!.digest }));
