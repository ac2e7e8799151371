import { type Danger, danger } from "@appos/shared/plan";
import { map } from "../policy-model.ts";
import { type Next, servicesOf } from "./plan-model.ts";

/** The names in a file that `dotenv` wrote: each variable has one line. */
export const namesIn = (envText: string) => envText.split("\n").flatMap((line) => /^([A-Za-z_]\w*)="/.exec(line)?.[1] ?? []);

/** Variables that the live release had, and the next one has not: of the app, and of each service. */
export function removedVariables({ model, running }: Next, envBefore: string, envAfter: readonly { key: string }[]): Danger[] {
  const now = new Set(envAfter.map(({ key }) => key));
  const ofApp = namesIn(envBefore).filter((name) => !now.has(name));
  const services = new Map(servicesOf(model));
  const ofServices = servicesOf(running).flatMap(([service, before]) => {
    const after = services.get(service);
    if (!after) return [];
    const left = Object.keys(map(before.environment)).filter((name) => !Object.hasOwn(map(after.environment), name));
    return left.filter((name) => !ofApp.includes(name)).map((name) => ({ service, name }));
  });
  return [...ofApp.map((name) => removed(name)), ...ofServices.map(({ service, name }) => removed(name, service))];
}

const removed = (name: string, service?: string): Danger =>
  danger("env-removed", {
    service,
    about: name,
    message:
      service === undefined
        ? `The app had the variable ${name}, and has it no more. Where the compose file refers to it, it becomes empty.`
        : `${service} runs with the variable ${name}, and would run without it.`,
    remedy: `Add ${name} again, unless it was taken out on purpose.`,
  });
