import type Docker from "dockerode";

interface Unstarted {
  name?: string;
  /** Stands where its program would be: for whoever finds it. */
  why: string;
  label: [string, string];
}

/** A container that is made of an image and never started: it takes no memory, and a few KiB of disk. */
export async function makeUnstarted(docker: Docker, imageId: string, { name, why, label: [key, value] }: Unstarted) {
  const { Config } = await docker.getImage(imageId).inspect();
  // Without these, each folder that the image declares to be a volume would become one.
  const Mounts = Object.keys(Config?.Volumes ?? {}).map((Target) => ({ Type: "tmpfs" as const, Source: "", Target }));
  // A container has its image's labels as well, and with Compose's it would pass for a part of some project.
  const blank = Object.fromEntries(Object.keys(Config?.Labels ?? {}).map((each) => [each, ""]));
  return docker.createContainer({
    ...(name !== undefined && { name }),
    Image: imageId,
    Entrypoint: [why],
    Cmd: [],
    Labels: { ...blank, [key]: value },
    HostConfig: { NetworkMode: "none", Mounts },
  });
}

/** Those with this label; an image may have it too, and what is made of that runs some day. */
export async function unstartedWith(docker: Docker, label: string) {
  const found = await docker.listContainers({ all: true, filters: { label: [label] } });
  return found.filter(({ State }) => State === "created");
}

/** Whether a container is one of ours that are nobody's: what its image calls itself does not count. */
export const isUnstarted = ({ State, Config }: Docker.ContainerInspectInfo, whys: readonly string[]) =>
  State.Status === "created" && whys.includes([Config.Entrypoint ?? []].flat()[0] ?? "");
