import { fileFaults } from "./policy-mounts.ts";
import { type Fault, type Part, type PolicyContext, type Violation, isSet, map, text } from "./policy-model.ts";

const violations = (subject: string, faults: Fault[]): Violation[] =>
  faults.map(([rule, message]) => ({ rule, message: `${subject} ${message}.` }));

const networkKeys = "name driver driver_opts ipam external internal attachable enable_ipv4 enable_ipv6 labels".split(" ");
const volumeKeys = "name driver driver_opts external labels".split(" ");
const sourceKeys = "name file environment content external labels".split(" ");

/** What is wrong with the networks that the services share. */
export function checkNetworks(networks: Part, { project }: PolicyContext): Violation[] {
  return Object.entries(networks).flatMap(([name, value]) => {
    const network = map(value);
    const faults = [...unknown(network, networkKeys), ...labelFaults(network)];
    if (!ownName(network, project))
      faults.push(["external-network", "belongs to someone else, or has a name of its own. Leave external and name out"]);
    if (!["", "bridge"].includes(text(network.driver)))
      faults.push(["network-driver", `uses the driver ${text(network.driver)}. Only bridge is allowed`]);
    const options = Object.keys(map(network.driver_opts)).filter((option) => option !== "com.docker.network.driver.mtu");
    if (options.length > 0) faults.push(["network-driver", `sets the option ${options[0]}. Leave driver_opts out`]);
    if (isSet(network.ipam)) faults.push(["network-driver", "chooses its own addresses, which may be those of others. Leave ipam out"]);
    return violations(`The network ${name}`, faults);
  });
}

/** What is wrong with the volumes that the services share. */
export function checkVolumes(volumes: Part, { project }: PolicyContext): Violation[] {
  return Object.entries(volumes).flatMap(([name, value]) => {
    const volume = map(value);
    const faults = [...unknown(volume, volumeKeys), ...labelFaults(volume)];
    if (!ownName(volume, project))
      faults.push(["external-volume", "belongs to someone else, or has a name of its own. Leave external and name out"]);
    if (!["", "local"].includes(text(volume.driver)))
      faults.push(["host-mount", `uses the driver ${text(volume.driver)}. Only local is allowed`]);
    const options = map(volume.driver_opts);
    if (isSet(options) && !(text(options.type) === "tmpfs" && text(options.device) === "tmpfs")) {
      faults.push([
        "host-mount",
        "is a part of the server, or of another one, by its driver_opts. Leave them out; for a folder of the server use a bind mount",
      ]);
    }
    return violations(`The volume ${name}`, faults);
  });
}

/** What is wrong with secrets or configs: a file of the server is a mount like any other. */
export function checkSources(kind: "secret" | "config", sources: Part, context: PolicyContext): Violation[] {
  return Object.entries(sources).flatMap(([name, value]) => {
    const source = map(value);
    const faults = unknown(source, sourceKeys);
    if (isSet(source.external)) faults.push(["external-volume", "is external, which only a swarm knows. Use file, environment or content"]);
    if (isSet(source.file)) faults.push(...fileFaults(text(source.file), context));
    return violations(`The ${kind} ${name}`, faults);
  });
}

/** The names that Compose gives begin with the project's, which no other project's name can. */
const ownName = (part: Part, project: string) =>
  !isSet(part.external) && (!isSet(part.name) || (text(part.name).startsWith(`${project}_`) && !/^0?appos_proxy/.test(text(part.name))));

function unknown(part: Part, known: readonly string[]): Fault[] {
  const strange = Object.keys(part).filter((key) => !known.includes(key) && !key.startsWith("x-") && isSet(part[key]));
  return strange.map((key) => ["unknown-key", `has the key ${key}, which AppOS does not know and therefore refuses. Leave it out`]);
}

function labelFaults(part: Part): Fault[] {
  const taken = Object.keys(map(part.labels)).filter((name) => /^(appos|com\.docker\.compose)\./i.test(name));
  return taken.map((name) => ["reserved-label", `sets the label ${name}, which is reserved. Leave it out`]);
}
