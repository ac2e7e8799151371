import type Docker from "dockerode";
import { containersWith } from "./containers.ts";
import { pingEngine, statusOf } from "./docker-client.ts";
import { readLogs } from "./container-logs.ts";
import { watchContainers } from "./docker-events.ts";
import { openExec } from "./exec.ts";
import type { Engine, Image } from "./machine.ts";
import type { TerminalNotes } from "./terminal-notes.ts";

const labelOf = (of: Parameters<Engine["containers"]>[0]) => {
  if (of === "apps") return "appos.app";
  return "appId" in of ? `appos.app=${of.appId}` : `com.docker.compose.project=${of.project}`;
};
const ofProject = (project: string) => ({ filters: JSON.stringify({ label: [`com.docker.compose.project=${project}`] }) });

/** The Docker Engine, over its socket. What is started in containers is given the mark. */
export function dockerEngine(docker: Docker, mark: Record<string, string>, notes: TerminalNotes): Engine {
  async function image(name: string): Promise<[string, Image] | undefined> {
    try {
      const { Id, RepoDigests } = await docker.getImage(name).inspect();
      return [name, { id: Id, digest: RepoDigests?.[0]?.split("@")[1] ?? Id }];
    } catch (error) {
      // A name that is no image's name is answered with 400.
      if (statusOf(error) === 404 || statusOf(error) === 400) return undefined;
      throw error;
    }
  }

  return {
    ping: () => pingEngine(docker),
    containers: (of) => containersWith(docker, labelOf(of)),
    async images(names) {
      const found = await Promise.all(names.map(image));
      return new Map(found.filter((each) => each !== undefined));
    },
    removeContainer: (id) => unlessGone(docker.getContainer(id).remove({ force: true })),
    async volumes(project) {
      const { Volumes } = await docker.listVolumes(ofProject(project));
      return (Volumes ?? []).map(({ Name }) => Name).sort();
    },
    removeVolume: (name) => unlessGone(docker.getVolume(name).remove()),
    async networks(project) {
      return (await docker.listNetworks(ofProject(project))).map(({ Name }) => Name).sort();
    },
    removeNetwork: (name) => unlessGone(docker.getNetwork(name).remove()),
    async publisher(port) {
      const running = await docker.listContainers();
      const found = running.find(({ Ports }) => Ports.some(({ PublicPort }) => PublicPort === port));
      return found?.Names[0]?.replace(/^\//, "");
    },
    logs: (container, question, onLines, signal) => readLogs(docker, container, question, onLines, signal),
    openExec: (container, options) => openExec(docker, container.id, options, mark, notes),
    watch: (onChange, signal) => void watchContainers(docker, onChange, signal),
  };
}

async function unlessGone(removed: Promise<unknown>) {
  await removed.catch((error: unknown) => {
    if (statusOf(error) !== 404) throw error;
  });
}
