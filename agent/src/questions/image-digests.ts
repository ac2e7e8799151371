import { type RemoteImage, registryOf, repositoryOf } from "@appos/shared/registries";
import { needDocker } from "../jobs/docker-outage.ts";
import { JobFailure } from "../jobs/job-failure.ts";
import { imageFaults } from "../policy-images.ts";
import { policyInForce } from "../policy-in-force.ts";
import { engineSaid, isMissing, registryFailure } from "../registry-failure.ts";
import type { QuestionContext, QuestionHandler } from "./question.ts";

/** A registry that answers nothing holds up the images of others for so long. */
const ENOUGH_MS = 40_000;

/** One image after the other, so that no registry is asked for many things at once. */
export const imageDigests: QuestionHandler<"image-digests"> = async ({ images, logins }, context) => {
  await needDocker(context);
  const until = context.machine.elapsed() + ENOUGH_MS;
  const found: RemoteImage[] = [];
  for (const image of images) {
    context.signal.throwIfAborted();
    const late = context.machine.elapsed() > until;
    found.push(late ? nothing(image, unasked(image)) : await remote(image, logins, context));
  }
  return { images: found };
};

async function remote(
  image: string,
  logins: Parameters<typeof imageDigests>[0]["logins"],
  { machine }: QuestionContext,
): Promise<RemoteImage> {
  const { engine } = machine;
  const host = registryOf(image);
  const [fault] = imageFaults(image, { policy: await policyInForce(machine), folder: "", project: "" });
  if (fault) return nothing(image, new JobFailure("POLICY_REFUSED", `This server's policy allows no images from ${host}.`));
  const here = (await engine.images([image])).get(image);
  if (here && here.digests.length === 0) return { image, digest: null, alias: [], madeHere: true, problem: null };
  const login = logins.find((each) => each.host === host);
  try {
    const digest = await engine.remoteDigest(image, login);
    const name = `${repositoryOf(image)}@${digest}`;
    const same = (await engine.images([name])).get(name);
    return { image, digest, alias: same?.digests ?? [], madeHere: false, problem: null };
  } catch (error) {
    const words = engineSaid(error);
    const what = `Whether there is a newer ${image} is not known`;
    const failure =
      registryFailure(words, { host, username: login?.username, what }) ??
      (isMissing(error)
        ? new JobFailure("IMAGE_NOT_FOUND", `Its registry has no ${image} any more.`)
        : new JobFailure("PULL_FAILED", `${what}. Docker said: ${words}`));
    return nothing(image, failure);
  }
}

const unasked = (image: string) =>
  new JobFailure("REGISTRY_UNREACHABLE", `Whether there is a newer ${image} is not known: other registries took too long to answer.`);
const nothing = (image: string, { error: { code, message } }: JobFailure): RemoteImage => ({
  image,
  digest: null,
  alias: [],
  madeHere: false,
  problem: { code, message },
});
