import { registryOf, sameRegistry } from "@appos/shared/registries";
import { FILE, type Fault, type PolicyContext, text } from "./policy-model.ts";

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
