import type { ServiceChange } from "@appos/shared/plan";
import { FILES_LABEL } from "../jobs/config-files.ts";
import type { Container } from "../machine/machine.ts";
import { map, type Part, text } from "../policy-model.ts";
import { replicasOf } from "../policy.ts";
import { servicesOf } from "./plan-model.ts";
import { reasons, same } from "./reasons.ts";

/** What is known of a project's containers, and what would be asked of Compose. */
export interface Compared {
  model: Part;
  running: Part | undefined;
  containers: readonly Container[];
  /** What Compose sums each service up as; a container with another sum is made anew. */
  hashes: ReadonlyMap<string, string>;
  /** The image that each name stands for here. */
  imageIds: ReadonlyMap<string, string>;
  /** What changed of what services are lent. */
  loans: ReadonlyMap<string, string[]>;
}

/** By these a service lives in what belongs to another's container. */
const shared = ["network_mode", "ipc", "pid"];

/** What would become of each service, by name as Compose sorts them; then those that go. */
export function serviceChanges(compared: Compared): ServiceChange[] {
  const { model, containers } = compared;
  const services = servicesOf(model);
  const changes = new Map(services.map(([name, definition]) => [name, changeOf(name, definition, compared)]));
  // One that lives in another's container goes with it, and so on along the chain.
  for (let again = true; again;) {
    again = false;
    for (const [name, definition] of services) {
      const host = hostOf(definition);
      const [own, others] = [changes.get(name)!, host === undefined ? undefined : changes.get(host)];
      if (own.change === "recreate" || own.change === "create" || (others?.change !== "recreate" && others?.change !== "create")) continue;
      changes.set(name, { ...own, change: "recreate", reasons: [`${host}, in whose container it lives, is made anew`] });
      again = true;
    }
  }
  const gone = new Set(
    containers.filter(({ oneOff, status }) => !oneOff && !changes.has(status.service)).map(({ status }) => status.service),
  );
  const removed = [...gone].map((service): ServiceChange => ({
    service,
    change: "remove",
    reasons: ["it is not in the file any more"],
    image: containers.find(({ status }) => status.service === service)?.status.image ?? null,
  }));
  return [...changes.values(), ...removed];
}

function changeOf(service: string, definition: Part, { running, containers, hashes, imageIds, loans }: Compared): ServiceChange {
  const image = text(definition.image);
  const mine = containers.filter(({ oneOff, status }) => !oneOff && status.service === service);
  const wanted = replicasOf(definition);
  const as = (change: ServiceChange["change"], why: string[] = []): ServiceChange => ({ service, change, reasons: why, image });
  if (mine.length === 0) return wanted === 0 ? as("unchanged", ["it is to have no container"]) : as("create");

  const before = servicesOf(running).find(([name]) => name === service)?.[1];
  const hash = hashes.get(service);
  const sameSum =
    hash === undefined || hostOf(definition) !== undefined
      ? before !== undefined && same(before, definition)
      : mine.every(({ configHash }) => configHash === hash);
  const imageId = imageIds.get(image);
  const otherImage = imageId !== undefined && mine.some((container) => container.imageId !== imageId);
  if (!sameSum || otherImage)
    return as("recreate", [...(loans.get(service) ?? []), ...whyAnew(before, definition, otherImage, loans.has(service))]);

  if (mine.length > wanted) return as("remove", [`${counted(wanted)} instead of ${mine.length}`]);
  if (mine.length < wanted) return as("create", [`${counted(wanted)} instead of ${mine.length}`]);
  const idle = mine.find(({ status }) => status.state !== "running");
  return idle ? as("start", [`it is ${idle.status.state}`]) : as("unchanged");
}

function whyAnew(before: Part | undefined, after: Part, otherImage: boolean, said: boolean): string[] {
  if (!before) return ["its container does not come from the live release"];
  const found = reasons(before, after);
  if (map(before.labels)[FILES_LABEL] !== map(after.labels)[FILES_LABEL]) found.push("a file that it mounts changed");
  if (otherImage && before.image === after.image) found.push(`another image is behind the name ${text(after.image)} by now`);
  return found.length > 0 || said ? found : ["its container is not as its release made it"];
}

function hostOf(definition: Part): string | undefined {
  const found = shared.map((key) => text(definition[key])).find((value) => value.startsWith("service:"));
  return found?.slice("service:".length);
}

const counted = (count: number) => `${count} ${count === 1 ? "container" : "containers"}`;
