import { addressOf, type Login, repositoryOf } from "@appos/shared/registries";
import type Docker from "dockerode";
import type { AdoptedProject } from "../adopt/adopted-project.ts";
import { changeover } from "./changeover.ts";
import { composeProjects } from "./compose-projects.ts";
import { containersWith } from "./containers.ts";
import { showOutGuests } from "./foreign-guests.ts";
import { imageKeepers, keepImage } from "./image-keepers.ts";
import { inTime, pingEngine, statusOf } from "./docker-client.ts";
import { engineFacts } from "./engine-facts.ts";
import { readLogs } from "./container-logs.ts";
import { watchContainers } from "./docker-events.ts";
import { openExec } from "./exec.ts";
import { listenersIn } from "./listeners.ts";
import type { Container, Engine, Image } from "./machine.ts";
import { joinNetwork, leaveNetwork } from "./join-network.ts";
import { readFolder } from "./read-folder.ts";
import { runInside } from "./run-inside.ts";
import type { TerminalNotes } from "./terminal-notes.ts";

const labelOf = (of: Parameters<Engine["containers"]>[0]) => {
  if (of === "apps") return "appos.app";
  return "appId" in of ? `appos.app=${of.appId}` : `com.docker.compose.project=${of.project}`;
};
const ofAdopted = ({ project }: AdoptedProject) => labelOf({ project });
const authOf = ({ host, ...who }: Login) => ({ ...who, serveraddress: addressOf(host) });
const ofProject = (project: string) => ({ filters: JSON.stringify({ label: [`com.docker.compose.project=${project}`] }) });

/** The Docker Engine, over its socket. What is started in containers is given the mark. */
export function dockerEngine(
  docker: Docker,
  mark: Record<string, string>,
  notes: TerminalNotes,
  adopted: () => Promise<AdoptedProject[]>,
): Engine {
  async function image(name: string): Promise<[string, Image] | undefined> {
    try {
      const { Id, RepoDigests } = await docker.getImage(name).inspect();
      // The same image may have come from several places: here it is about the one that this name names.
      const own = (RepoDigests ?? []).filter((each) => repositoryOf(each) === repositoryOf(name));
      const digests = own.map((each) => each.split("@")[1]!);
      const asked = name.split("@")[1];
      return [name, { id: Id, digest: digests.find((each) => each === asked) ?? digests[0] ?? Id, digests }];
    } catch (error) {
      // A name that is no image's name is answered with 400.
      if (statusOf(error) === 404 || statusOf(error) === 400) return undefined;
      throw error;
    }
  }

  return {
    ...engineFacts(docker),
    ...changeover(docker),
    ping: () => pingEngine(docker),
    /** What was adopted has no label of ours before it is made anew: it is known by its project. */
    async containers(of) {
      const projects = await adopted();
      const labels = of === "apps" ? [labelOf(of), ...projects.map(ofAdopted)] : [labelOf(of)];
      const own = typeof of === "object" && "appId" in of ? projects.find(({ appId }) => appId === of.appId) : undefined;
      const found = await Promise.all((own ? [ofAdopted(own)] : labels).map((label) => containersWith(docker, label)));
      const owners = new Map(projects.map(({ project, appId }) => [project, appId]));
      const each = new Map(
        found.flat().map((container) => [container.id, { ...container, appId: container.appId ?? owners.get(container.project) ?? null }]),
      );
      return [...each.values()];
    },
    async projects(only) {
      const owners = new Map((await adopted()).map(({ project, appId }) => [project, appId]));
      const owned = (container: Container) => ({ ...container, appId: container.appId ?? owners.get(container.project) ?? null });
      return (await composeProjects(docker, only)).map((project) => ({ ...project, containers: project.containers.map(owned) }));
    },
    async images(names) {
      const found = await Promise.all(names.map(image));
      return new Map(found.filter((each) => each !== undefined));
    },
    async remoteDigest(image, login) {
      const { Descriptor } = await inTime(docker.getImage(image).distribution(login && { authconfig: authOf(login) }));
      return Descriptor.digest;
    },
    tryLogin: async (login) => void (await inTime(docker.checkAuth(authOf(login)))),
    removeContainer: (id) => unlessGone(docker.getContainer(id).remove({ force: true })),
    async volumes(project) {
      const { Volumes } = await docker.listVolumes(ofProject(project));
      return (Volumes ?? []).map(({ Name }) => Name).sort();
    },
    removeVolume: (name) => unlessGone(docker.getVolume(name).remove()),
    async networks(project) {
      return (await docker.listNetworks(ofProject(project))).map(({ Name }) => Name).sort();
    },
    async gateways(project) {
      const known = await docker.listNetworks(ofProject(project));
      return known.flatMap(({ IPAM }) => (IPAM?.Config ?? []).flatMap(({ Gateway }) => Gateway?.split("/")[0] ?? [])).sort();
    },
    showOutGuests: (project) => showOutGuests(docker, project),
    removeNetwork: (name) => unlessGone(docker.getNetwork(name).remove()),
    keepImage: (project, imageId) => keepImage(docker, project, imageId),
    imageKeepers: (project) => imageKeepers(docker, project),
    async publisher(port) {
      const running = await docker.listContainers();
      const found = running.find(({ Ports }) => Ports.some(({ PublicPort }) => PublicPort === port));
      return found?.Names[0]?.replace(/^\//, "");
    },
    logs: (container, question, onLines, signal) => readLogs(docker, container, question, onLines, signal),
    runInside: ({ id }, command, timeoutMs) => runInside(docker, id, command, timeoutMs),
    listeners: ({ id }) => listenersIn(docker, id),
    readFolder: ({ id }, path) => readFolder(docker, id, path),
    joinNetwork: ({ id }, network) => joinNetwork(docker, id, network),
    leaveNetwork: ({ id }, network) => leaveNetwork(docker, id, network),
    openExec: (container, options) => openExec(docker, container.id, options, mark, notes),
    watch: (onChange, signal) => void watchContainers(docker, adopted, onChange, signal),
  };
}

async function unlessGone(removed: Promise<unknown>) {
  await removed.catch((error: unknown) => {
    if (statusOf(error) !== 404) throw error;
  });
}
