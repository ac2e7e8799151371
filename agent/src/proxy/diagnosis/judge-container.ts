import type { CheckFinding, SiteQuestion } from "@appos/shared/site-check";
import type { Container, ListeningSocket } from "../../machine/machine.ts";
import { listed, ok, skipped, wrong } from "./finding.ts";

interface ContainersSeen {
  site: Pick<SiteQuestion, "app" | "service" | "port">;
  /** All of the app. */
  containers: readonly Container[];
  /** What listens in each that is running, by its id; nothing where that could not be found out. */
  listeners: ReadonlyMap<string, ListeningSocket[]>;
}

/** Those that requests may be sent to. */
export const ofService = (containers: readonly Container[], service: string) =>
  containers.filter(({ status, oneOff }) => status.service === service && !oneOff);
export const isRunning = ({ status: { state } }: Container) => state === "running";

/** In networks of these names, containers do not know each other. */
const noOwn = new Set(["bridge", "host", "none"]);

/** Whether something in the service's containers takes connections on the port that the domain leads to. */
export function judgeContainer({ site: { app, service, port }, containers, listeners }: ContainersSeen): CheckFinding {
  const its = ofService(containers, service);
  if (containers.length === 0) return wrong("container", `${app} has no containers on this server.`, `Deploy ${app}.`);
  if (its.length === 0) {
    const others = [...new Set(containers.map(({ status }) => status.service))];
    return wrong(
      "container",
      `Service ${service} of ${app} has no container. There are containers of ${listed(others)}.`,
      `Deploy ${app}, or have the domain lead to another service.`,
    );
  }
  const running = its.filter(isRunning);
  if (running.length === 0) {
    const { state, exitCode, container } = its[0]!.status;
    return wrong(
      "container",
      `Service ${service} has no running container: ${container} is ${stateWord(state)}${exitCode === null ? "" : `, with exit code ${exitCode}`}.`,
      `Start ${app}. Its logs say why it ended.`,
    );
  }
  const alone = running.find(({ networks }) => networks.every((network) => noOwn.has(network)));
  if (alone)
    return wrong(
      "container",
      `${alone.status.container} is in no network that the proxy can join.`,
      `Take network_mode from service ${service} in the compose file.`,
    );
  const seen = running.flatMap((container) => {
    const its = listeners.get(container.id);
    return its ? [{ name: container.status.container, its }] : [];
  });
  if (seen.length === 0)
    return skipped(
      "container",
      `${listed(running.map(nameOf))} ${running.length === 1 ? "is" : "are"} running. Whether it listens on port ${port} could not be seen.`,
    );
  const deaf = seen.find(({ its }) => !its.some((each) => each.port === port && each.on !== "itself"));
  return deaf
    ? notListening(deaf, port)
    : ok(
        "container",
        `${listed(running.map(nameOf))} ${running.length === 1 ? "is" : "are"} running and ${running.length === 1 ? "listens" : "listen"} on port ${port}.`,
      );
}

const nameOf = ({ status }: Container) => status.container;
const stateWord = (state: string) => ({ exited: "stopped", created: "not started" })[state] ?? state;

function notListening({ name, its }: { name: string; its: ListeningSocket[] }, port: number): CheckFinding {
  const facts = its
    .filter(({ on }) => on === "itself")
    .map((each) => `Port ${each.port} takes connections from inside of the container only.`);
  if (its.some((each) => each.port === port))
    return wrong(
      "container",
      `${name} listens on port ${port} at 127.0.0.1 only, where nothing outside of the container gets to.`,
      "Have the program listen at 0.0.0.0; many take it from a variable such as HOST.",
      facts,
    );
  const open = [...new Set(its.filter(({ on }) => on !== "itself").map((each) => each.port))];
  const message = `${name} does not accept connections on port ${port}`;
  if (open.length === 0)
    return wrong(
      "container",
      `${message}; nothing in it listens on any port${facts.length > 0 ? " but for itself" : ""}.`,
      "Wait until it has started, or look at its logs for why it does not listen.",
      facts,
    );
  const ports = listed(open.slice(0, 10).map(String));
  return wrong(
    "container",
    `${message}; it listens on ${ports}.`,
    open.length === 1
      ? `Change the domain's port to ${open[0]}.`
      : "Change the domain's port to the one of these that visitors are meant for.",
    facts,
  );
}
