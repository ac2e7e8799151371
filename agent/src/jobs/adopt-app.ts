import type { JobInput, JobResult, PinnedImage } from "@appos/shared/jobs";
import { adoptedProject } from "../adopt/adopted-project.ts";
import { proven } from "../adopt/proven.ts";
import { dotenv } from "../commands/dotenv.ts";
import type { Container, Machine } from "../machine/machine.ts";
import { map, type Part, text } from "../policy-model.ts";
import { type AppFolder, appFolder, releaseFiles } from "./app-folder.ts";
import { adoptedModel, canonicalText, withOwnSecretNames } from "./canonical.ts";
import { filesText } from "./config-files.ts";
import { needDocker } from "./docker-outage.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";
import { keepRelease, makeCurrent } from "./releases.ts";
import { enforcePolicy, resolveCompose } from "./resolve-compose.ts";
import { serviceSums } from "./service-sums.ts";
import { step } from "./step.ts";

type Adoption = JobInput<"adopt-app">;

/** Takes over what runs, as it runs: from here on the project is an app, and its release is what its own file says. Nothing is touched. */
export async function adoptApp(input: Adoption, context: JobContext): Promise<JobResult<"adopt-app">> {
  const { machine, say } = context;
  const { appId, name, project, directory } = input;
  const own = await appFolder(machine, name);
  const onlyMine = await takenBack(input, own, machine);
  try {
    const containers = await step("check", context, async () => {
      await needDocker(context);
      await proven({ appId, project, directory }, name, machine);
      return (await machine.engine.containers({ project })).filter(({ oneOff }) => !oneOff);
    });
    await machine.files.write({ [own.adopted]: JSON.stringify({ appId, project, directory }) });
    const app = await appFolder(machine, name);
    const result = await step("resolve", context, () => takeOver(input, app, containers, context));
    for (const each of ["pull", "start", "health"]) say.skip(each, "What runs goes on as it is.");
    return result;
  } catch (error) {
    // An app that took nothing over must own nothing: whoever removes it would take down what runs.
    for (const path of onlyMine) await machine.files.remove(path);
    throw error;
  }
}

/**
 * What an adoption that fails takes away again: nothing of an app that lives. A control plane that was put back to an older copy
 * may ask for what was done long ago.
 */
async function takenBack({ appId, name, project, directory, release }: Adoption, own: AppFolder, machine: Machine): Promise<string[]> {
  const isLive = (await machine.files.read(own.current)) !== undefined;
  const kept = await machine.files.list(own.releases);
  const mine = `${own.releases}/${release}`;
  if (!isLive && kept.every((each) => each === String(release))) return [own.adopted, own.current, own.compose, own.env, mine];
  const adopted = await adoptedProject(machine, own.adopted);
  if (adopted?.appId !== appId || adopted.project !== project || adopted.directory !== directory)
    throw new JobFailure("INVALID_JOB", `There is another app ${name} on this server already. Adopt the project under another name.`);
  return kept.includes(String(release)) ? [] : [mine];
}

async function takeOver(input: Adoption, app: AppFolder, containers: Container[], context: JobContext): Promise<JobResult<"adopt-app">> {
  const { machine, say } = context;
  const { compose, env, release } = input;
  const resolved = await resolveCompose({ compose, env: dotenv(env), files: [] }, app, context);
  await enforcePolicy(resolved, app, context);
  const { model, secrets } = withOwnSecretNames(adoptedModel(resolved), new Map(env.map(({ key, value }) => [key, value])));
  const files = releaseFiles(app, release);
  const texts = { compose, env: dotenv(env), canonical: canonicalText(model), secrets: dotenv(secrets), files: filesText([]) };
  await keepRelease(machine, files, texts);

  const hashes = await serviceSums(files, context);
  const images = await imagesOf(model, containers, context);
  await makeCurrent(machine, app, { files, texts, images, containers, hashes });
  for (const name of Object.keys(map(model.services)).filter((service) => !isAsSaid(service, containers, hashes)))
    say.note(`${name} does not run as its file says. It goes on as it is; the next deployment makes it anew.`);
  say.note(`The project ${app.project} is an app now. Nothing of it was stopped, started or made anew.`);
  return { images, canonical: "", services: containers.map(({ status }) => status) };
}

function isAsSaid(service: string, containers: Container[], hashes: ReadonlyMap<string, string>) {
  const mine = containers.filter(({ status }) => status.service === service);
  return mine.length > 0 && mine.every(({ configHash }) => configHash === hashes.get(service));
}

/** What runs, where something does: behind the name in the file there may be another image by now. */
async function imagesOf(model: Part, containers: Container[], { machine: { engine } }: JobContext): Promise<PinnedImage[]> {
  const services = Object.entries(map(model.services)).map(([service, definition]) => {
    const image = text(map(definition).image);
    return { service, image, id: containers.find(({ status }) => status.service === service)?.imageId ?? image };
  });
  const here = await engine.images([...new Set(services.map(({ id }) => id))]);
  return services.flatMap(({ service, image, id }) => {
    const found = here.get(id);
    return found ? [{ service, image, digest: found.digest }] : [];
  });
}
