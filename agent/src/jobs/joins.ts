import type { JobInput } from "@appos/shared/jobs";
import { isSet, map, type Part } from "../policy-model.ts";
import { appFolder } from "./app-folder.ts";
import type { JobContext } from "./job.ts";
import { JobFailure } from "./job-failure.ts";

/** Networks under these keys are ours. */
export const JOIN = "appos-join-";
/** Of Docker itself: there, containers do not know each other by name. */
const builtIn = new Set(["bridge", "host", "none"]);

/** Lets all services into the networks of those of other apps to which variables refer. */
export async function withJoins(
  model: Part,
  joins: JobInput<"deploy-app">["joins"],
  { machine }: Pick<JobContext, "machine">,
): Promise<Part> {
  if (joins.length === 0) return model;
  const names = [...new Set(await Promise.all(joins.map((join) => networkOf(join, machine))))];
  const networks = Object.fromEntries(names.map((name, i) => [`${JOIN}${i + 1}`, { name, external: true }]));
  const joined = Object.fromEntries(Object.keys(networks).map((key) => [key, null]));
  const services = Object.entries(map(model.services)).map(([name, definition]) => {
    const service = map(definition);
    return [name, isSet(service.network_mode) ? service : { ...service, networks: { ...map(service.networks), ...joined } }];
  });
  return { ...model, services: Object.fromEntries(services), networks: { ...map(model.networks), ...networks } };
}

async function networkOf({ name, service }: JobInput<"deploy-app">["joins"][number], machine: JobContext["machine"]): Promise<string> {
  const { project } = await appFolder(machine, name);
  const container = (await machine.engine.containers({ project })).find(({ status, oneOff }) => status.service === service && !oneOff);
  if (!container)
    throw new JobFailure(
      "NOT_DEPLOYED",
      `The service ${service} of the app ${name} has no container on this server. Deploy ${name} first.`,
    );
  const own = container.networks.filter((network) => !builtIn.has(network));
  const network = own.find((each) => each === `${project}_default`) ?? own[0];
  if (network === undefined)
    throw new JobFailure(
      "NOT_DEPLOYED",
      `The service ${service} of the app ${name} is on no network of its own, so no other app can reach it by name.`,
    );
  return network;
}

/** The model as it was before. */
export function withoutJoins(model: Part): Part {
  const own = (networks: unknown) => Object.fromEntries(Object.entries(map(networks)).filter(([key]) => !key.startsWith(JOIN)));
  const services = Object.entries(map(model.services)).map(([name, definition]) => {
    const service = map(definition);
    return [name, service.networks === undefined ? service : { ...service, networks: own(service.networks) }];
  });
  return { ...model, services: Object.fromEntries(services), ...(model.networks !== undefined && { networks: own(model.networks) }) };
}
