import type { PinnedImage } from "@appos/shared/jobs";
import { LOGINS, RegistryHost, registryOf } from "@appos/shared/registries";
import { composePull, type Project } from "../commands/compose.ts";
import { CommandFailed } from "../machine/machine.ts";
import { map, type Part, text } from "../policy-model.ts";
import { throughOutages } from "./docker-outage.ts";
import type { JobContext } from "./job.ts";
import { mayWantLogin, notFound, pullFailure, type Wanted } from "./pull-failure.ts";
import { runCompose } from "./run-compose.ts";
import { step } from "./step.ts";

/** How long a control plane that is there may take to say who a server is to a registry; and how long one that is away is waited for. */
const ASK_MS = 3_000;
const WAIT_MS = 5 * 60_000;
const isHost = (host: string) => RegistryHost.safeParse(host).success;

/** Fetches the images that are not here, and those of the services to `refresh`. What runs is not touched. */
export async function pullImages(
  project: Project,
  services: Part,
  context: JobContext,
  refresh: readonly string[] = [],
): Promise<PinnedImage[]> {
  const { engine } = context.machine;
  const wanted = Object.entries(services).map(([service, definition]) => ({
    service,
    image: text(map(definition).image),
    policy: text(map(definition).pull_policy),
  }));
  const names = [...new Set(wanted.map(({ image }) => image))];
  const here = await throughOutages(context, () => engine.images(names));
  const fresh = new Set(wanted.filter(({ service, image }) => refresh.includes(service) && !image.includes("@")).map(({ image }) => image));
  const missing = wanted.filter(({ image, policy }) => !here.has(image) || policy === "always" || fresh.has(image));
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

async function pull(project: Project, wanted: Wanted[], context: JobContext) {
  const oneEach = [...new Map(wanted.map((each) => [each.image, each])).values()];
  const command = composePull(
    project,
    oneEach.map(({ service }) => service),
  );
  const hosts = [...new Set(oneEach.map(({ image }) => registryOf(image)))].filter(isHost).slice(0, LOGINS);
  let logins = hosts.length > 0 ? await context.logins?.(hosts, ASK_MS) : [];
  try {
    await throughOutages(context, () => runCompose(command, context, logins));
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    const failure = pullFailure(error, oneEach, logins ?? []);
    if (logins || !context.logins || !mayWantLogin(failure)) throw failure;
    context.say.note("A login may be needed, and only the control plane has it. Waiting up to five minutes for it to be back.");
    logins = await context.logins(hosts, WAIT_MS);
    if (!logins?.length) throw failure;
    await throughOutages(context, () => runCompose(command, context, logins)).catch((cause: unknown) => {
      throw cause instanceof CommandFailed ? pullFailure(cause, oneEach, logins ?? []) : cause;
    });
  }
}

const pinned = (wanted: Wanted[], here: Awaited<ReturnType<JobContext["machine"]["engine"]["images"]>>) =>
  wanted.map(({ service, image }) => ({ service, image, digest: here.get(image)!.digest }));
