import { readdir } from "node:fs/promises";
import type Docker from "dockerode";
import { addressSpace } from "./address-space.ts";
import { inTime, statusOf } from "./docker-client.ts";
import { filesInImage } from "./image-files.ts";
import type { EngineFacts, ImageFacts, TakenPort } from "./machine.ts";

/** A registry that does not answer in so long is not waited for. */
const REGISTRY_MS = 4_000;

/** What the engine can say before anything happens, over its socket. */
export function engineFacts(docker: Docker): EngineFacts {
  async function image(name: string): Promise<[string, ImageFacts] | undefined> {
    const seen = await docker.getImage(name).inspect().catch(unlessAbsent);
    return seen && [name, imageFactsOf(seen)];
  }
  async function volume(name: string): Promise<[string, { empty: boolean }] | undefined> {
    const seen = await docker.getVolume(name).inspect().catch(unlessAbsent);
    return seen && [name, { empty: await isEmpty(seen.Mountpoint) }];
  }

  return {
    arch: async () => (await docker.version()).Arch,
    imageFacts: (names) => all(names, image),
    filesInImage: filesInImage(docker),
    published: (name) => inMoment(registryFacts(docker, name)),
    volumeFacts: (names) => all(names, volume),
    takenPorts: () => takenPorts(docker),
    addressSpace: () => addressSpace(docker),
  };
}

async function all<T>(names: readonly string[], find: (name: string) => Promise<[string, T] | undefined>) {
  const found = await Promise.all([...new Set(names)].map(find));
  return new Map(found.filter((each) => each !== undefined));
}

function unlessAbsent(error: unknown): undefined {
  // A name that is no image's name is answered with 400.
  if (statusOf(error) !== 404 && statusOf(error) !== 400) throw error;
}

function imageFactsOf({ Id, Size, Architecture, Config }: Docker.ImageInspectInfo): ImageFacts {
  const { Env, Volumes, Healthcheck } = (Config ?? {}) as Partial<Docker.ImageInspectInfo["Config"]> & {
    Healthcheck?: { Test?: string[] };
  };
  const test = Healthcheck?.Test?.[0];
  const path = Env?.find((variable) => variable.startsWith("PATH="))?.slice(5);
  return {
    id: Id,
    bytes: Size,
    arch: Architecture,
    volumes: Object.keys(Volumes ?? {}),
    checksHealth: test !== undefined && test !== "NONE",
    path: (path || "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").split(":"),
  };
}

/** What cannot be looked into may hold anything. */
const isEmpty = (mountpoint: string) =>
  readdir(mountpoint).then(
    (names) => names.length === 0,
    () => false,
  );

async function registryFacts(docker: Docker, name: string) {
  const { Descriptor, Platforms } = (await docker.getImage(name).distribution()) as {
    Descriptor: { digest: string };
    Platforms?: { architecture: string; os: string }[];
  };
  const architectures = (Platforms ?? []).filter(({ os }) => os === "linux").map(({ architecture }) => architecture);
  return { digest: Descriptor.digest, architectures: [...new Set(architectures)] };
}

function inMoment<T>(answer: Promise<T>): Promise<T | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, REGISTRY_MS, undefined).unref());
  return Promise.race([answer.catch(() => undefined), late]);
}

async function takenPorts(docker: Docker): Promise<TakenPort[]> {
  const running = await inTime(docker.listContainers());
  return running.flatMap(({ Names, Labels, Ports }) =>
    Ports.filter(({ PublicPort }) => PublicPort > 0).map(({ IP, PublicPort, Type }) => ({
      container: Names[0]?.replace(/^\//, "") ?? "",
      project: Labels["com.docker.compose.project"] ?? "",
      ip: IP,
      port: PublicPort,
      protocol: Type,
    })),
  );
}
