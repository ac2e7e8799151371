import { parse } from "yaml";
import type { FakeServer } from "./fake-server.ts";
import type { Command, Container, RunOptions } from "./machine.ts";

type Model = { services: Record<string, { image: string; labels?: Record<string, string>; restart?: Container["restartPolicy"] }> };

/** Compose, as far as a server in memory needs it: one container for each service. */
export function fakeCompose(server: Omit<FakeServer, "machine">, now: () => number) {
  /** What each container was made from: what is the same is left alone. */
  const made = new Map<string, string>();
  let count = 0;

  function start(container: Container) {
    Object.assign(container.status, { state: "running", exitCode: null, startedAt: now() });
    server.onStart(container);
  }

  function up(project: string, { services }: Model, options: { stopped: boolean }) {
    server.containers = server.containers.filter((each) => each.project !== project || each.status.service in services);
    for (const [service, definition] of Object.entries(services)) {
      const text = JSON.stringify(definition);
      let container = server.containers.find((each) => each.project === project && each.status.service === service);
      if (!container || made.get(container.id) !== text) {
        server.containers = server.containers.filter((each) => each !== container);
        container = newContainer(`c${++count}`, project, service, definition);
        made.set(container.id, text);
        server.containers.push(container);
      }
      if (!options.stopped && container.status.state !== "running") start(container);
    }
  }

  return (command: Command, onLine: NonNullable<RunOptions["onLine"]>) => {
    const option = (name: string) => command.find((each) => each.startsWith(`--${name}=`))?.slice(name.length + 3) ?? "";
    const project = option("project-name");
    const verb = command.find((each) => ["up", "pull", "stop", "restart", "down"].includes(each));
    const model = () => parse(server.files.get(option("file")) ?? "") as Model;
    const mine = server.containers.filter((each) => each.project === project);
    onLine("stderr", `${verb} ${project}`);
    if (verb === "up") up(project, model(), { stopped: command.includes("--no-start") });
    if (verb === "pull") Object.values(model().services).forEach(({ image }) => server.images.add(image));
    if (verb === "stop") mine.forEach(({ status }) => Object.assign(status, { state: "exited", exitCode: 0 }));
    if (verb === "restart") mine.forEach(start);
    if (verb === "down") server.containers = server.containers.filter((each) => each.project !== project);
  };
}

/** As Docker shows a container that was made and not started. */
export function newContainer(
  id: string,
  project: string,
  service: string,
  { image, labels, restart }: Model["services"][string],
): Container {
  return {
    id,
    appId: labels?.["appos.app"] ?? null,
    project,
    oneOff: false,
    networks: [`${project}_default`],
    imageId: `sha256:${image}`,
    configHash: JSON.stringify({ image, labels, restart }),
    limits: "{}",
    restartPolicy: restart ?? "no",
    tty: false,
    healthLimitMs: null,
    healthLines: [],
    status: {
      service,
      container: `${project}-${service}-1`,
      image,
      state: "created",
      health: null,
      exitCode: null,
      restarts: 0,
      startedAt: null,
      ports: [],
    },
  };
}
