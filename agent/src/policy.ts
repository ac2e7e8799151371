import { type Part, type PolicyContext, type Violation, isSet, map } from "./policy-model.ts";
import { checkNetworks, checkSources, checkVolumes } from "./policy-project.ts";
import { checkService } from "./policy-services.ts";

/** More containers than that are a mistake, or meant to do harm. */
const CONTAINERS = 200;

const topKeys = new Set(["name", "services", "networks", "volumes", "configs", "secrets"]);

/** Everything in a resolved compose model that this server does not allow. What is not known is not allowed. */
export function checkPolicy(model: Part, context: PolicyContext): Violation[] {
  const services = Object.entries(map(model.services));
  return [
    ...Object.keys(model)
      .filter((key) => !topKeys.has(key) && !key.startsWith("x-") && isSet(model[key]))
      .map(unknownKey),
    ...services.flatMap(([name, service]) => checkService(name, map(service), context)),
    ...checkNetworks(map(model.networks), context),
    ...checkVolumes(map(model.volumes), context),
    ...checkSources("secret", map(model.secrets), context),
    ...checkSources("config", map(model.configs), context),
    ...tooMany(services.map(([, service]) => map(service))),
  ];
}

const unknownKey = (key: string): Violation => ({
  rule: "unknown-key",
  message: `The compose file has the key ${key}, which AppOS does not know and therefore refuses. Leave it out.`,
});

function tooMany(services: Part[]): Violation[] {
  const count = services.reduce((sum, service) => sum + replicasOf(service), 0);
  if (count <= CONTAINERS) return [];
  return [{ rule: "too-many", message: `The compose file asks for ${count} containers; at most ${CONTAINERS} are allowed.` }];
}

/** How many containers a service is to have. */
export function replicasOf(service: Part): number {
  const wanted = service.scale ?? map(service.deploy).replicas ?? 1;
  return typeof wanted === "number" ? wanted : Number(wanted);
}
