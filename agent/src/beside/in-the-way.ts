import { DEPLOY_LABEL } from "./labels.ts";
import { isSet, list, map, type Part, text } from "../policy-model.ts";

/** By these a service lives in what belongs to another's container. */
const shared = ["network_mode", "ipc", "pid"];

/**
 * Why containers of a service's next release cannot run beside those of the last one, for people; undefined where they can. Whoever has
 * written `appos.deploy: beside` on a service knows that two of it may write to what it mounts.
 */
export function inTheWay(service: string, model: Part, declaredVolumes: readonly string[]): string | undefined {
  const definition = map(map(model.services)[service]);
  const wish = text(map(definition.labels)[DEPLOY_LABEL]);
  if (!["", "beside", "stop-start"].includes(wish)) return `its label ${DEPLOY_LABEL} is neither beside nor stop-start`;
  if (wish === "stop-start") return `its label ${DEPLOY_LABEL} says stop-start`;
  if (list(definition.ports).length > 0) return "it publishes a port of the server, which only one container can have";
  if (isSet(definition.container_name)) return "it has a container_name, which only one container can have";
  const sharing = shared.find((key) => isSet(definition[key]) && text(definition[key]) !== "private" && text(definition[key]) !== "bridge");
  if (sharing) return `its ${sharing} is ${text(definition[sharing])}`;
  const guest = Object.entries(map(model.services)).find(([, other]) =>
    shared.some((key) => text(map(other)[key]) === `service:${service}`),
  );
  if (guest) return `${guest[0]} lives in its container`;
  if (Object.values(map(definition.networks)).some((network) => isSet(map(network).ipv4_address) || isSet(map(network).ipv6_address)))
    return "it has an address of its own in a network";
  if (isSet(definition.mac_address)) return "it has a mac_address of its own";
  const mounts = list(definition.volumes).map(map);
  const nameless = mounts.find((mount) => mount.type === "volume" && !isSet(mount.source));
  const lost = nameless ? text(nameless.target) : declaredVolumes.find((path) => !isCovered(path, mounts, definition));
  if (lost !== undefined) return `what is in its volume ${lost}, which has no name, goes over only to a container that takes its place`;
  const written = mounts.find((mount) => (mount.type === "volume" || mount.type === "bind") && mount.read_only !== true);
  if (written && wish !== "beside")
    return `it writes to ${text(written.target)}, which two might spoil for each other (if they do not, label it ${DEPLOY_LABEL}: beside)`;
  return undefined;
}

const isCovered = (path: string, mounts: Part[], { tmpfs }: Part) =>
  mounts.some(({ target }) => text(target) === path) || list(tmpfs).some((each) => text(each).split(":")[0] === path);
