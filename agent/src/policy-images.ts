import { FILE, type Fault, type PolicyContext, text } from "./policy-model.ts";

const HUB = "docker.io";
/** Docker Hub has had this name too. */
const HUB_NAMES = new Set(["index.docker.io"]);

/** What is wrong with where an image comes from. It goes by its name, whether or not the image is here already. */
export function imageFaults(value: unknown, { policy }: PolicyContext): Fault[] {
  const { only } = policy.registries;
  if (only === null) return [];
  const registry = registryOf(text(value));
  if (only.some((allowed) => sameRegistry(allowed) === registry)) return [];
  return [
    [
      "registries",
      `uses the image ${text(value)} from ${registry}. Use one of another registry, or add ${registry} to registries.only in ${FILE}`,
    ],
  ];
}

/** The registry that an image's name leads to, as Docker reads it: what comes before the first slash, where that looks like a host. */
export function registryOf(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase());
  return isHost ? sameRegistry(first.toLowerCase()) : HUB;
}

const sameRegistry = (host: string) => (HUB_NAMES.has(host) ? HUB : host.replace(/:443$/, ""));
