import type { Resolved, ResolvedRoute } from "./resolved.ts";
import { balanced, serviceName, withMark } from "./traefik.ts";
import { traefikPlaces } from "./traefik-static.ts";
import { fileText, word } from "./traefik-text.ts";

const PREFIX = `${traefikPlaces.folder}/slot-`;
export const choiceFile = (of: string) => `${PREFIX}${word(of)}.yaml`;

/**
 * A file for each service that can go over: Traefik asks for no file when a request comes, so who serves is what stands in this one, and to
 * go from one to the other is to put another one in its place. Connections that are open stay with whom they are.
 */
export function traefikChoices({ sites }: Pick<Resolved, "sites">, live: ReadonlySet<string>): Record<string, string> {
  const going = sites.flatMap(({ routes }) => routes.filter(({ beside }) => beside !== null));
  const files = Map.groupBy(going, ({ beside }) => beside!.file);
  return Object.fromEntries(
    [...files].map(([file, routes]) => [choiceFile(file), textOf(file, servicesOf(routes, live.has(file) ? "b" : "a"))]),
  );
}

const servicesOf = (routes: ResolvedRoute[], slot: "a" | "b") =>
  Object.fromEntries(
    routes.flatMap((route) => {
      const name = serviceName("", route);
      return [
        [name, { weighted: { services: [{ name: `${name}:${slot}`, weight: 1 }] } }],
        [`${name}:a`, balanced(route.upstreams)],
        [`${name}:b`, balanced(route.beside!.upstreams)],
      ];
    }),
  );

const textOf = (file: string, services: object) => fileText({ http: withMark({ services, routers: {} }, file) });

/** With what the former one names besides: until the configuration that speaks of it is gone. */
export function bothChoices(text: string, former: string): string {
  const [{ services, file }, before] = [parsed(text), parsed(former)];
  return textOf(file, { ...before.services, ...services });
}

function parsed(text: string): { services: object; file: string } {
  const { http } = JSON.parse(text) as { http: { services: object; routers: object } };
  return { services: http.services, file: Object.keys(http.routers)[0]!.replace(/^mark:/, "") };
}
