import { offeredLabels } from "./beside/labels.ts";
import { imageFaults } from "./policy-images.ts";
import { checkMounts } from "./policy-mounts.ts";
import { FILE, type Fault, type Part, type PolicyContext, type Rule, type Violation, isSet, list, map, text } from "./policy-model.ts";

/** Finds fault with the value of one key: what is refused, and why or what to do. */
type Check = (value: unknown, context: PolicyContext) => Fault[];

const fine: Check = () => [];
const refuse =
  (rule: Rule, message: string): Check =>
  (value) =>
    isSet(value) ? [[rule, message]] : [];

/** Docker gives these anyway, or they reach no further than the container. */
const SAFE_CAPABILITIES = new Set(
  "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT IPC_LOCK SYS_NICE".split(
    " ",
  ),
);
const LOG_DRIVERS = new Set(["", "json-file", "local", "journald", "none"]);

const freeKeys =
  `attach cap_drop command configs container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares
  cpus cpuset depends_on dns dns_opt dns_search domainname entrypoint environment expose group_add healthcheck hostname init links
  mac_address mem_limit mem_reservation mem_swappiness memswap_limit networks pids_limit platform ports profiles pull_policy read_only restart
  scale secrets shm_size stdin_open stop_grace_period stop_signal tmpfs tty ulimits user working_dir`.split(/\s+/);

/** Every key that a service may have. */
const keys: Record<string, Check> = {
  ...Object.fromEntries(freeKeys.map((key) => [key, fine])),
  image: imageFaults,
  privileged: (value, { policy }) =>
    value && !policy.compose.privileged
      ? [
          [
            "privileged",
            `asks for privileged: true, which gives it the whole server. Leave it out, or set compose.privileged: true in ${FILE}`,
          ],
        ]
      : [],
  network_mode: networkMode,
  extra_hosts: (value, { policy }) =>
    !policy.compose.hostNetwork && JSON.stringify(value ?? "").includes("host-gateway")
      ? [["host-network", `asks for the server's own address by host-gateway. Leave it out, or set compose.hostNetwork: true in ${FILE}`]]
      : [],
  pid: namespace("pid"),
  ipc: namespace("ipc"),
  uts: namespace("uts"),
  userns_mode: namespace("userns_mode"),
  cgroup: namespace("cgroup"),
  cgroup_parent: refuse("host-namespace", "sets cgroup_parent, by which it would leave its limits. Leave it out"),
  devices: (value, context) => list(value).flatMap((device) => deviceFaults(deviceSource(device), context)),
  device_cgroup_rules: refuse("devices", "sets device_cgroup_rules. Leave them out"),
  gpus: (value, context) => (isSet(value) ? deviceFaults("gpu", context) : []),
  deploy: (value, context) => [
    ...unknown("deploy", value, deployKeys),
    ...resourceFaults(map(map(value).resources), context),
    ...labels(map(value).labels),
  ],
  cap_add: capabilities,
  security_opt: (value) =>
    list(value)
      .map(text)
      .filter((option) => !/^no-new-privileges([:=]true)?$/.test(option))
      .map((option) => [
        "security-opt",
        `sets security_opt ${option}, which takes away protection. Only no-new-privileges:true is allowed`,
      ]),
  volumes: (value, context) => checkMounts(list(value).map(map), context),
  volumes_from: refuse("external-volume", "uses volumes_from. Name the volumes under volumes instead"),
  external_links: refuse("external-network", "uses external_links, which reach into other apps. Leave them out"),
  labels,
  sysctls: (value) =>
    sysctlNames(value)
      .filter((name) => !name.startsWith("net."))
      .map((name) => ["sysctls", `sets the kernel parameter ${name}. Only those that begin with net. are its own`]),
  logging: (value) => {
    const driver = text(map(value).driver);
    return LOG_DRIVERS.has(driver)
      ? []
      : [["logging", `sends its log away by the driver ${driver}. Use json-file, local, journald or none`]];
  },
  use_api_socket: (value, { policy }) =>
    value && !policy.compose.dockerSocket
      ? [
          [
            "docker-socket",
            `asks for Docker's socket, which is as good as root. Leave use_api_socket out, or set compose.dockerSocket: true in ${FILE}`,
          ],
        ]
      : [],
  runtime: (value) =>
    ["", "runc"].includes(text(value)) ? [] : [["security-opt", `asks for the runtime ${text(value)}. Leave runtime out`]],
};

const deployKeys = "mode replicas labels update_config rollback_config resources restart_policy placement endpoint_mode".split(" ");

/** What is wrong with one service. */
export function checkService(service: string, definition: Part, context: PolicyContext): Violation[] {
  return Object.entries(definition).flatMap(([key, value]) => {
    if (key.startsWith("x-")) return [];
    const check = Object.hasOwn(keys, key)
      ? keys[key]!
      : refuse("unknown-key", `has the key ${key}, which AppOS does not know and therefore refuses. Leave it out`);
    return check(value, context).map(([rule, message]) => ({ rule, service, message: `The service ${service} ${message}.` }));
  });
}

function unknown(of: string, value: unknown, known: readonly string[]): Fault[] {
  const strange = Object.keys(map(value)).filter((key) => !known.includes(key) && !key.startsWith("x-") && isSet(map(value)[key]));
  return strange.map((key) => ["unknown-key", `has the key ${of}.${key}, which AppOS does not know and therefore refuses. Leave it out`]);
}

function networkMode(value: unknown, { policy }: PolicyContext): Fault[] {
  const mode = text(value);
  if (["", "bridge", "none", "default"].includes(mode) || mode.startsWith("service:")) return [];
  if (mode === "host") {
    return policy.compose.hostNetwork
      ? []
      : [["host-network", `asks for the server's own network. Publish its ports instead, or set compose.hostNetwork: true in ${FILE}`]];
  }
  return [
    [
      "external-network",
      `joins the network of something else by network_mode: ${mode}. Use networks, or service: with a service of this app`,
    ],
  ];
}

function namespace(key: string): Check {
  return (value) => {
    const mode = text(value);
    if (["", "private", "shareable", "none"].includes(mode) || mode.startsWith("service:")) return [];
    return [["host-namespace", `shares a namespace beyond this app by ${key}: ${mode}. Leave it out`]];
  };
}

function capabilities(value: unknown, { policy }: PolicyContext): Fault[] {
  const asked = list(value).map((name) => text(name).toUpperCase().replace(/^CAP_/, ""));
  return asked
    .filter((name) => !SAFE_CAPABILITIES.has(name) && !policy.compose.capabilities.includes(name))
    .map((name) => [
      "capabilities",
      `asks for the capability ${name}. Leave it out of cap_add, or add it to compose.capabilities in ${FILE}`,
    ]);
}

function deviceFaults(device: string, { policy }: PolicyContext): Fault[] {
  if (policy.compose.devices.some((allowed) => device === allowed || device.startsWith(`${allowed}/`)) && !device.split("/").includes(".."))
    return [];
  return [["devices", `asks for the server's device ${device}. Leave it out, or add it to compose.devices in ${FILE}`]];
}
/** `/dev/a:/dev/b:rwm`, or a map in newer versions of Compose. */
const deviceSource = (device: unknown) => (typeof device === "string" ? device.split(":")[0]! : text(map(device).source));

function resourceFaults(resources: Part, context: PolicyContext): Fault[] {
  const reserved = map(resources.reservations);
  return isSet(reserved.devices) || isSet(reserved.generic_resources) ? deviceFaults("gpu", context) : [];
}

function labels(value: unknown): Fault[] {
  const names = Array.isArray(value) ? value.map((label) => text(label).split("=")[0]!) : Object.keys(map(value));
  return names
    .filter((name) => /^(appos|com\.docker\.compose)\./i.test(name) && !offeredLabels.has(name))
    .map((name) => ["reserved-label", `sets the label ${name}, which is reserved. Leave it out`]);
}

const sysctlNames = (value: unknown) => (Array.isArray(value) ? value.map((each) => text(each).split("=")[0]!) : Object.keys(map(value)));
