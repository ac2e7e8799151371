import type { JobErrorCode } from "@appos/shared/errors";
import { HUB, type Login, registryOf, repositoryOf } from "@appos/shared/registries";
import { diagnose } from "../commands/failures.ts";
import type { CommandFailed } from "../machine/machine.ts";
import { registryFailure } from "../registry-failure.ts";
import { JobFailure } from "./job-failure.ts";

/** A service whose image is needed. */
export interface Wanted {
  service: string;
  image: string;
}

/** What it means for a person that `compose pull` failed. */
export function pullFailure({ lines }: CommandFailed, wanted: readonly Wanted[], logins: readonly Login[]): JobFailure {
  const { kind, line } = diagnose(lines);
  if (kind === "disk-full") return new JobFailure("DISK_FULL", `There is no space left on this server's disk. Docker said: ${line}`);
  const { service, image } = blamed(lines, line, wanted);
  const host = registryOf(image);
  const username = logins.find((login) => login.host === host)?.username;
  if (kind === "no-image") return notFound({ service, image }, `${hidden(host, username)} Docker said: ${line}`, lines);
  const which =
    wanted.length === 1 ? `The image ${image} could not be pulled` : `The image ${image} of the service ${service} could not be pulled`;
  const trouble = registryFailure(line, { host, username, what: which }, { service, lines });
  return trouble ?? new JobFailure("PULL_FAILED", `${which}. Docker said: ${line}`, { service, lines });
}

const wantsLogin = new Set<JobErrorCode>(["REGISTRY_UNAUTHORIZED", "REGISTRY_RATE_LIMITED", "IMAGE_NOT_FOUND"]);

/** Whether a login could change it. A registry that looks for a tag among those of an image, and has none, does not keep the image to itself. */
export const mayWantLogin = ({ error: { code, message } }: JobFailure) => wantsLogin.has(code) && !/manifest unknown/i.test(message);

export const notFound = ({ service, image }: Wanted, why: string, lines: string[]) =>
  new JobFailure("IMAGE_NOT_FOUND", `The image ${image} of the service ${service} was not found. ${why}`, { service, lines });

/** Registries say of what one may not see that it is not there. */
function hidden(host: string, username: string | undefined) {
  const registry = host === HUB ? "Docker Hub" : host;
  if (username !== undefined) return `It does not exist, or ${username} may not read it.`;
  return `Check its name and tag; if it is private, add a login for ${host} under Settings, Registries, because ${registry} shows it to nobody else.`;
}

/** Compose says of which service an error is; the engine, at times, of which image. */
function blamed(lines: readonly string[], said: string, wanted: readonly Wanted[]): Wanted {
  const named = lines
    .findLast((line) => / Error /.test(line) && line.includes(said))
    ?.trim()
    .split(" ");
  const byService = wanted.find(({ service, image }) => named?.includes(service) || named?.includes(image));
  const byImage = wanted.find(({ image }) => mentions(said, image));
  return byService ?? byImage ?? wanted[0]!;
}

function mentions(said: string, image: string) {
  const [host, ...path] = repositoryOf(image).split("/");
  return said.includes(image) || said.includes(`/v2/${path.join("/")}/`) || (host !== HUB && said.includes(host!));
}
