import type { ServiceState } from "@appos/shared/apps";
import type { TemplateRoute } from "@appos/shared/templates";

/** A service that a domain may lead to, and the ports it is known to listen on, the likeliest first. */
export interface ServiceTarget {
  service: string;
  ports: number[];
}

/** Ports on which nothing answers to plain HTTP: mail, databases, queues, and those for TLS. */
const notPlainHttp = new Set([22, 25, 53, 110, 143, 443, 465, 587, 993, 995, 1883, 3306, 5432, 5672, 6379, 8443, 9042, 11211, 27017]);
const likeliestFirst = (a: number, b: number) => Number(notPlainHttp.has(a)) - Number(notPlainHttp.has(b));

interface Known {
  /** Where its template says that it is reached. */
  routes: Pick<TemplateRoute, "service" | "port" | "primary">[];
  /** What its compose file says. */
  compose: ServiceTarget[];
  containers: Pick<ServiceState, "service" | "ports">[];
}

/** The services of an app, the one that people most likely mean first: what its template leads to, then what listens, then the rest. */
export function serviceTargets({ routes, compose, containers }: Known): ServiceTarget[] {
  const ports = new Map<string, number[]>();
  const add = (service: string, ...more: number[]) => ports.set(service, [...new Set([...(ports.get(service) ?? []), ...more])]);
  const led = routes.toSorted((a, b) => Number(b.primary) - Number(a.primary));
  for (const { service, port } of led) add(service, port);
  const said = [
    ...compose,
    ...containers.map(({ service, ports }) => ({
      service,
      ports: ports.filter(({ protocol }) => protocol === "tcp").map(({ containerPort }) => containerPort),
    })),
  ];
  for (const { service, ports } of said) add(service, ...ports.toSorted(likeliestFirst));
  const isLed = (service: string) => led.some((route) => route.service === service);
  const rank = ({ service, ports: [first] }: ServiceTarget) =>
    isLed(service) ? 0 : first === undefined ? 3 : notPlainHttp.has(first) ? 2 : 1;
  return [...ports].map(([service, ports]) => ({ service, ports })).toSorted((a, b) => rank(a) - rank(b));
}
