import type { Draft } from "./importer.ts";
import { Untranslatable } from "./untranslatable.ts";
import { isMap, list, map, type Part, text } from "./reading.ts";

/** What a service may have, as an agent's policy knows it; what is not here is left out, and said. */
const known = new Set(
  `image command entrypoint environment depends_on healthcheck restart user working_dir hostname domainname privileged cap_add cap_drop
  devices extra_hosts network_mode pid ipc ports expose volumes tmpfs read_only stdin_open tty stop_signal stop_grace_period shm_size ulimits
  sysctls security_opt init platform pull_policy mem_limit mem_reservation memswap_limit cpus cpu_shares cpuset pids_limit deploy configs
  secrets dns dns_search dns_opt group_add links logging profiles scale networks mac_address runtime`.split(/\s+/),
);
/** Ours, or of no use without the platform that the template was written for: nobody misses them. */
const silent = new Set(["container_name", "labels", "env_file", "exclude_from_hc", "annotations", "attach"]);

/** Takes out of a service what belongs to the platform it was written for, and what no agent lets through. */
export function cleanService(name: string, service: Part, draft: Draft) {
  const drop = (what: string) => draft.dropped.add(`${what} of the service ${name} was left out.`);
  if (text(service.image).trim() === "")
    throw new Untranslatable(
      service.build === undefined
        ? `The service ${name} names no image.`
        : `The service ${name} is built from a Dockerfile, and AppOS installs finished images only.`,
    );
  if (service.extends !== undefined) throw new Untranslatable(`The service ${name} extends one of another file.`);
  if (service.volumes_from !== undefined) throw new Untranslatable(`The service ${name} uses volumes_from.`);
  for (const key of Object.keys(service)) {
    if (known.has(key)) continue;
    if (!silent.has(key) && !key.startsWith("x-")) drop(key);
    delete service[key];
  }
  keepOnly(service, "security_opt", (option) => /^no-new-privileges([:=]true)?$/.test(text(option)), drop);
  keepOnly(service, "extra_hosts", (entry) => !text(entry).includes("host-gateway"), drop);
  if (service.pid !== undefined && !text(service.pid).startsWith("service:")) {
    drop("pid");
    delete service.pid;
  }
  // Only newer engines know it, and what it does without is to look a little later.
  if (isMap(service.healthcheck)) delete service.healthcheck.start_interval;
  if (service.runtime !== undefined && text(service.runtime) !== "runc") drop("runtime");
  delete service.runtime;
  if (!["", "json-file", "local", "journald", "none"].includes(text(map(service.logging).driver))) {
    drop("logging");
    delete service.logging;
  }
  const parameters = Array.isArray(service.sysctls)
    ? Object.fromEntries(service.sysctls.map((each) => text(each).split(/=(.*)/s) as [string, string]))
    : map(service.sysctls);
  if (service.sysctls !== undefined) {
    service.sysctls = Object.fromEntries(Object.entries(parameters).filter(([parameter]) => parameter.startsWith("net.")));
    if (Object.keys(parameters).some((parameter) => !parameter.startsWith("net."))) drop("A kernel parameter");
    if (Object.keys(map(service.sysctls)).length === 0) delete service.sysctls;
  }
  if (isMap(service.deploy)) {
    const { mode, replicas, resources, restart_policy } = service.deploy;
    const kept = Object.entries({ mode, replicas, resources, restart_policy }).filter(([, value]) => value !== undefined);
    if (text(mode).includes("global")) kept.shift();
    service.deploy = Object.fromEntries(kept);
    if (kept.length === 0) delete service.deploy;
  }
}

function keepOnly(service: Part, key: string, keep: (value: unknown) => boolean, drop: (what: string) => void) {
  if (service[key] === undefined) return;
  const all = isMap(service[key]) ? Object.entries(service[key]).map(([name, value]) => `${name}:${text(value)}`) : list(service[key]);
  const kept = all.filter(keep);
  if (kept.length < all.length) drop(key);
  if (kept.length > 0) service[key] = kept;
  else delete service[key];
}

/**
 * One network for all of an app's services, which it has anyway. Names by which they knew each other stay as aliases: those of networks, and
 * container names that something refers to.
 */
export function joinNetworks(services: Part, containerNames: Map<string, string>, mentions: (name: string) => boolean) {
  const byContainer = new Map([...containerNames].map(([service, container]) => [container, service]));
  for (const [name, definition] of Object.entries(services)) {
    const service = map(definition);
    const aliases = new Set(Object.values(map(service.networks)).flatMap((network) => list(map(network).aliases).map(text)));
    const container = containerNames.get(name);
    if (container !== undefined && container !== name && mentions(container)) aliases.add(container);
    delete service.networks;
    delete service.mac_address;
    const mode = text(service.network_mode);
    const joined = /^container:(.+)$/.exec(mode)?.[1];
    if (joined !== undefined) {
      const other = byContainer.get(joined);
      if (other === undefined) throw new Untranslatable(`The service ${name} joins the network of ${joined}, which is none of its own.`);
      service.network_mode = `service:${other}`;
    } else if (!["", "host", "none"].includes(mode) && !mode.startsWith("service:")) delete service.network_mode;
    if (service.network_mode === undefined && aliases.size > 0) service.networks = { default: { aliases: [...aliases] } };
  }
}
