import { type Danger, danger, type PlanFindings } from "@appos/shared/plan";
import type { EngineFacts, ImageFacts } from "../machine/machine.ts";
import { list, map, type Part, text } from "../policy-model.ts";
import { isBelow } from "../policy-mounts.ts";
import { listed, mountsOf, type Next, servicesOf } from "./plan-model.ts";

type Published = Awaited<ReturnType<EngineFacts["published"]>>;

/** What is known of the images that services name. */
export interface Images {
  /** By name, of those that are here. */
  here: ReadonlyMap<string, ImageFacts>;
  /** By name, what a registry says of those that are not. */
  there: ReadonlyMap<string, Published>;
  /** The processor of the server. */
  arch: string;
}

/** Looks for the images here, and asks the registries for the others. */
export async function lookForImages(model: Part, engine: EngineFacts): Promise<Images> {
  const names = [...new Set(servicesOf(model).map(([, definition]) => text(definition.image)))];
  const [here, arch] = await Promise.all([engine.imageFacts(names), engine.arch()]);
  const absent = names.filter((name) => !here.has(name));
  const said = await Promise.all(absent.map(async (name): Promise<[string, Published]> => [name, await engine.published(name)]));
  return { here, there: new Map(said), arch };
}

export function plannedImages(model: Part, { here, there }: Images): PlanFindings["images"] {
  const byImage = Map.groupBy(servicesOf(model), ([, definition]) => text(definition.image));
  return [...byImage].map(([image, services]) => ({
    image,
    services: services.map(([service]) => service),
    pull: !here.has(image) || services.some(([, definition]) => definition.pull_policy === "always"),
    bytes: here.get(image)?.bytes ?? null,
    digest: there.get(image)?.digest ?? null,
  }));
}

/** Images that this server's processor cannot run. */
export const missingArch = (model: Part, images: Images): Danger[] =>
  servicesOf(model).flatMap(([service, definition]) => {
    const image = text(definition.image);
    const own = images.here.get(image)?.arch;
    const offered = own === undefined ? (images.there.get(image)?.architectures ?? []) : [own];
    if (offered.length === 0 || offered.includes(images.arch)) return [];
    const asked = text(definition.platform);
    return [
      danger("missing-arch", {
        service,
        // Whoever names the platform may have an emulator for it.
        ...(asked !== "" && { level: "warn" as const }),
        message: `${image} of ${service} is made for ${listed(offered)}, and this server is ${images.arch}: its programs do not start here.`,
        remedy: `Use an image or a tag that is made for ${images.arch} as well, or run the app on another server.`,
      }),
    ];
  });

/** Folders that an image declares to be volumes and to which nothing is mounted: each new container would begin with an empty one. */
export function undeclaredVolumes({ model, app }: Next, { here }: Images): Danger[] {
  const mounts = mountsOf(model, app);
  return servicesOf(model).flatMap(([service, definition]) => {
    const targets = mounts.filter((mount) => mount.service === service).map(({ target }) => target);
    const tmpfs = list(definition.tmpfs).map((each) => text(each).split(":")[0]!);
    const open = (here.get(text(definition.image))?.volumes ?? []).filter(
      (path) =>
        ![...targets, ...tmpfs, ...otherTargets(definition)].some(
          (target) => target === path || isBelow(path, target) || isBelow(target, path),
        ),
    );
    return open.map((path) =>
      danger("anonymous-volume", {
        service,
        about: path,
        message: `${text(definition.image)} keeps data in ${path}, and ${service} mounts nothing there: Docker makes a volume without a name, and when the container is removed nothing leads back to it.`,
        remedy: `Mount a named volume at ${path}, unless what is in there may be lost.`,
      }),
    );
  });
}

/** Of mounts that have no source, such as a tmpfs. */
const otherTargets = ({ volumes }: Part) => (Array.isArray(volumes) ? volumes.map((each) => text(map(each).target)) : []);
