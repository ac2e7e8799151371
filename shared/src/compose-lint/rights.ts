import { type Danger, danger } from "../plan.ts";
import { list, type Part, type ServiceRule, text } from "./model.ts";

/** Rights by which a container can make itself root on its server. */
const STRONG = new Set(["ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "SYS_PTRACE", "DAC_READ_SEARCH", "BPF"]);

/** Who may do more than an app needs. */
export const rights: ServiceRule = ({ name, definition }) => [
  ...privileged(name, definition),
  ...capabilities(name, definition),
  ...namespaces(name, definition),
  ...network(name, definition),
  ...apiSocket(name, definition),
];

function privileged(service: string, { privileged: asked }: Part): Danger[] {
  if (asked !== true && asked !== "true") return [];
  return [
    danger("privileged", {
      service,
      message: `${service} runs with privileged: true. Whoever gets into it has all of the server: its disks, its devices and every other app.`,
      remedy: "Leave privileged out, and give it only what it needs: single devices under devices, single rights under cap_add.",
    }),
  ];
}

function capabilities(service: string, { cap_add: asked }: Part): Danger[] {
  const strong = list(asked)
    .map((each) => text(each).toUpperCase().replace(/^CAP_/, ""))
    .filter((each) => STRONG.has(each));
  return strong.map((right) =>
    danger("privileged", {
      service,
      about: right,
      message: `${service} gets the right ${right} by cap_add, with which it can take over the server.`,
      remedy: `Leave ${right} out of cap_add unless the app's own documentation asks for it.`,
    }),
  );
}

function namespaces(service: string, definition: Part): Danger[] {
  const shared = ["pid", "ipc", "userns_mode"].filter((key) => text(definition[key]) === "host");
  return shared.map((key) =>
    danger("privileged", {
      service,
      about: key,
      message: `${service} has ${key}: host, so it sees and can disturb what else runs on the server.`,
      remedy: `Leave ${key} out.`,
    }),
  );
}

function network(service: string, { network_mode: mode }: Part): Danger[] {
  if (text(mode) !== "host") return [];
  return [
    danger("host-network", {
      service,
      message: `${service} is on the server's own network: it reaches what listens only on the server itself, and every port it opens is open to the outside.`,
      remedy: "Leave network_mode out, and publish the ports it needs under ports.",
    }),
  ];
}

function apiSocket(service: string, { use_api_socket: asked }: Part): Danger[] {
  return asked === true || asked === "true" ? [socketDanger(service, "by use_api_socket")] : [];
}

export const socketDanger = (service: string, how: string): Danger =>
  danger("docker-socket", {
    service,
    message: `${service} gets Docker's socket ${how}. With it, it can start any container, and so do anything on the server as root; read-only changes nothing about that.`,
    remedy: "Leave the socket out, or put a proxy between that lets through only what this service asks for.",
  });
