import type { FakeServer } from "./fake-server.ts";
import type { EngineFacts } from "./machine.ts";

/** What an engine in memory says before anything happens. */
export function fakeFacts({ facts, images }: Pick<FakeServer, "facts" | "images">, answer: <T>(value: () => T) => Promise<T>): EngineFacts {
  const known = <T>(names: readonly string[], of: (name: string) => T | undefined) =>
    new Map(names.flatMap((name): [string, T][] => (of(name) === undefined ? [] : [[name, of(name)!]])));
  const imageOf = (name: string) => ({
    id: `sha256:${name}`,
    bytes: 1_000_000,
    arch: facts.arch,
    volumes: [],
    checksHealth: false,
    path: ["/bin"],
  });
  return {
    arch: () => answer(() => facts.arch),
    imageFacts: (names) => answer(() => known(names, (name) => (images.has(name) ? imageOf(name) : undefined))),
    filesInImage: (_, paths) => answer(() => new Set(paths)),
    published: (image) => answer(() => facts.published.get(image)),
    volumeFacts: (names) => answer(() => known(names, (name) => facts.volumes.get(name))),
    takenPorts: () => answer(() => facts.ports),
    addressSpace: () => answer(() => facts.space),
  };
}
