import { HUB, registryOf } from "@appos/shared/registries";
import { parse } from "yaml";

/**
 * Which registries a login may be handed out for: those that the images of a configuration name. Where that is up to a variable, those
 * that its text or a variable's value names. What servers report does not count.
 */
export function registriesOf(input: unknown): (host: string) => boolean {
  const composes = textsOf(input, "compose");
  const images = composes.flatMap((text) => imagesIn(composeOf(text)));
  const hosts = new Set(images.filter((image) => !isOpen(image)).map(registryOf));
  if (!images.some(isOpen)) return (host) => hosts.has(host);
  const texts = [...composes, ...textsOf(input, "value")];
  return (host) => host === HUB || hosts.has(host) || texts.some((text) => names(text, host));
}

/** A variable decides of which registry it is. */
function isOpen(image: string) {
  const [first = "", ...rest] = image.split("/");
  return rest.length === 0 ? image.includes("$") : first.includes("$");
}

/** The port may come from another variable. */
function names(text: string, host: string): boolean {
  const name = host.replace(/:\d+$/, "").replaceAll(".", String.raw`\.`);
  return new RegExp(`(?<![a-z0-9.])${name}(?![a-z0-9.-])`, "i").test(text);
}

/** Every text that has this name, wherever in it. */
function textsOf(input: unknown, name: string): string[] {
  if (Array.isArray(input)) return input.flatMap((each) => textsOf(each, name));
  if (!isMap(input)) return [];
  return Object.entries(input).flatMap(([key, value]) => (key === name && typeof value === "string" ? [value] : textsOf(value, name)));
}

/** Every image that a compose file's services name, wherever in them. */
function imagesIn(services: unknown): string[] {
  if (Array.isArray(services)) return services.flatMap(imagesIn);
  if (!isMap(services)) return [];
  return Object.entries(services).flatMap(([key, value]) => (key === "image" && typeof value === "string" ? [value] : imagesIn(value)));
}

/** A file that cannot be read names nothing, and is not deployed either. */
function composeOf(text: string): unknown {
  try {
    return (parse(text, { merge: true, maxAliasCount: 1_000, uniqueKeys: false }) as { services?: unknown } | null)?.services;
  } catch {
    return undefined;
  }
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
