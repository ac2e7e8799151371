import { list, map, type Part, text, withDefaults } from "./model.ts";

/** The ports inside its containers that a service says it listens on, over TCP. */
export const listenedPorts = ({ ports, expose }: Part): number[] => {
  const all = [
    ...list(ports).map((port) => (typeof port === "object" ? longPort(map(port)) : shortPort(port))),
    ...list(expose).map(shortPort),
  ];
  return [...new Set(all.filter((port) => port !== undefined))];
};

/** `80`, `8080:80`, `127.0.0.1:8080:80/tcp`: what stands last is inside. */
function shortPort(port: unknown): number | undefined {
  const [, inside] = /(?:^|:)(\d{1,5})(?:\/tcp)?$/.exec(withDefaults(text(port)) ?? "") ?? [];
  return inside === undefined ? undefined : Number(inside);
}

const longPort = ({ target, protocol }: Part) => (text(protocol) === "udp" ? undefined : shortPort(target));
