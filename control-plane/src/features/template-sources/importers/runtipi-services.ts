import type { Draft } from "./importer.ts";
import { Untranslatable } from "./untranslatable.ts";
import { first, isMap, list, map, type Part, port, text } from "./reading.ts";

/** What is called the same in both, but for its spelling. */
const renamed: Record<string, string> = {
  image: "image",
  command: "command",
  entrypoint: "entrypoint",
  devices: "devices",
  capAdd: "cap_add",
  capDrop: "cap_drop",
  ulimits: "ulimits",
  sysctls: "sysctls",
  logging: "logging",
  extraHosts: "extra_hosts",
  networkMode: "network_mode",
  hostname: "hostname",
  user: "user",
  privileged: "privileged",
  tty: "tty",
  stdinOpen: "stdin_open",
  shmSize: "shm_size",
  pid: "pid",
  dns: "dns",
  securityOpt: "security_opt",
  readOnly: "read_only",
  stopSignal: "stop_signal",
  stopGracePeriod: "stop_grace_period",
  workingDir: "working_dir",
  restart: "restart",
};
const translated = ["name", "isMain", "internalPort", "addPorts", "environment", "volumes", "dependsOn", "healthCheck", "deploy"];
/** Of Runtipi's own proxy and networks. */
const silent = ["extraLabels", "addToMainNetwork"];

/** Runtipi's own words for services: schema 1 has variables as a map, schema 2 as a list, and overrides by processor. */
export function runtipiServices(root: unknown, config: Part, draft: Draft): Part {
  const { schemaVersion, services, overrides } = map(root);
  if (!["", "1", "2"].includes(text(schemaVersion)))
    throw new Untranslatable(`Schema ${text(schemaVersion)} of Runtipi's services is not known.`);
  const all = list(services).map(map);
  for (const override of list(overrides).map(map)) {
    if (text(override.architecture) !== "") {
      draft.dropped.add(`What is different on ${text(override.architecture)} was left out.`);
      continue;
    }
    for (const changed of list(override.services).map(map)) {
      const service = all.find(({ name }) => name === changed.name);
      if (service) Object.assign(service, changed);
    }
  }
  const main = all.find(({ isMain }) => isMain === true) ?? (all.length === 1 ? all[0] : undefined);
  const inside = port(main?.internalPort);
  if (main && inside !== undefined && config.no_gui !== true)
    draft.routes.push({ service: text(main.name), port: inside, primary: true, key: "APP_PORT", from: port(config.port) });
  return { services: Object.fromEntries(all.map((service) => [text(service.name), serviceOf(service, draft)])) };
}

function serviceOf(given: Part, draft: Draft): Part {
  const name = text(given.name);
  const unknown = Object.keys(given).filter((key) => !(key in renamed || translated.includes(key) || silent.includes(key)));
  for (const key of unknown) draft.dropped.add(`${key} of the service ${name} was left out: AppOS does not know it.`);
  const environment = Array.isArray(given.environment)
    ? Object.fromEntries(given.environment.map(map).map(({ key, value }) => [text(key), text(value)]))
    : Object.fromEntries(Object.entries(map(given.environment)).map(([key, value]) => [key, text(value)]));
  const service: Part = {
    restart: "unless-stopped",
    ...Object.fromEntries(
      Object.entries(renamed).flatMap(([from, to]) => (given[from] === undefined || given[from] === null ? [] : [[to, given[from]]])),
    ),
    environment,
    ports: list(given.addPorts).map(map).flatMap(portsOf),
    volumes: list(given.volumes)
      .map(map)
      .map((volume) => mountOf(volume, draft)),
    depends_on: afterOf(given.dependsOn),
    healthcheck: isMap(given.healthCheck) ? healthOf(given.healthCheck) : undefined,
    deploy: isMap(given.deploy) ? { resources: given.deploy.resources } : undefined,
  };
  if (typeof service.network_mode === "string" && service.network_mode !== "host")
    service.network_mode = service.network_mode.replace(/^container:/, "service:");
  const empty = (value: unknown) =>
    value === undefined || (Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(service).filter(([, value]) => !empty(value)));
}

function portsOf({ containerPort, hostPort, tcp, udp, interface: on }: Part): string[] {
  const at = `${text(on) ? `${text(on)}:` : ""}${text(hostPort)}:${text(containerPort)}`;
  const kinds = [...(udp === true ? ["/udp"] : []), ...(tcp === true || udp !== true ? ["/tcp"] : [])];
  return kinds.map((kind) => (kind === "/tcp" ? at : `${at}${kind}`));
}

function mountOf({ hostPath, containerPath, readOnly, shared, private: alone, bind }: Part, { dropped }: Draft): string {
  if (shared === true || alone === true || first(map(bind).propagation) !== "")
    dropped.add(`How ${text(containerPath)} is shared with the server was left out.`);
  return `${text(hostPath)}:${text(containerPath)}${readOnly === true ? ":ro" : ""}`;
}

function afterOf(given: unknown): unknown {
  if (Array.isArray(given)) return given.map(text);
  return Object.fromEntries(
    Object.entries(map(given)).map(([name, value]) => [name, { condition: first(map(value).condition, value, "service_started") }]),
  );
}

function healthOf({ test, interval, timeout, retries, startInterval, startPeriod }: Part): Part {
  const all = { test, interval, timeout, retries, start_interval: startInterval, start_period: startPeriod };
  // Compose knows start_interval from 2.21 on, the engine from 25 on.
  return Object.fromEntries(
    Object.entries(all).filter(([key, value]) => value !== undefined && value !== null && key !== "start_interval"),
  );
}
