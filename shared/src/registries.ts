import { z } from "zod";
import { JobError } from "./jobs.ts";

/** The registry of images whose name says none. */
export const HUB = "docker.io";
/** Docker Hub has had this name too. */
const HUB_NAMES = new Set(["index.docker.io"]);
/** Where people meet Docker Hub; no image's name begins so. */
const HUB_PLACES = new Set(["docker.com", "hub.docker.com", "registry-1.docker.io", "registry.hub.docker.com"]);
/** Under this name Docker keeps a login for its hub. */
const HUB_ADDRESS = "https://index.docker.io/v1/";

/** One name for each registry. */
export const sameRegistry = (host: string) => (HUB_NAMES.has(host) ? HUB : host.replace(/:443$/, ""));
/** What Docker calls a registry where it keeps or is told a login. */
export const addressOf = (host: string) => (host === HUB ? HUB_ADDRESS : host);

/** The registry that an image's name leads to, as Docker reads it: what comes before the first slash, where that looks like a host. */
export function registryOf(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase());
  return isHost ? sameRegistry(first.toLowerCase()) : HUB;
}

/** The full name of where an image lies, without tag and digest: docker.io/library/nginx. */
export function repositoryOf(image: string): string {
  const name = image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  const registry = registryOf(name);
  const slash = name.indexOf("/");
  const isHosted = slash > 0 && registryOf(`${name.slice(0, slash)}/x`) === registry && /[.:]|^localhost$/.test(name.slice(0, slash));
  const path = isHosted ? name.slice(slash + 1) : name;
  return `${registry}/${registry === HUB && !path.includes("/") ? `library/${path}` : path}`;
}

export const RegistryHost = z
  .string()
  .max(255)
  .regex(/^[a-z0-9][a-z0-9.-]*(:\d{1,5})?$/, "Give a registry's host in lower case, with its port where it has one, such as docker.io");

const isMetadata = /^(169\.254\.|100\.100\.100\.200|metadata\.google\.internal)/;
/** A host as people paste it: with its scheme, a path, in capitals, or by another name of Docker Hub. */
const GivenHost = z
  .string()
  .max(300)
  .transform((given) => {
    const host = given
      .trim()
      .toLowerCase()
      .replace(/^https?:\/\//, "")
      .replace(/\/.*$/, "");
    return HUB_PLACES.has(host) ? HUB : sameRegistry(host);
  })
  .pipe(
    RegistryHost.refine(
      (host) => !isMetadata.test(host),
      "This is the address by which a cloud tells its machines about themselves, and no registry",
    ),
  );
const Username = z
  .string()
  .min(1, "Give the name of a user")
  .max(255)
  .regex(/^[^:\0-\x1f\x7f]+$/, "A user's name has no colon and no control characters");
const Password = z
  .string()
  .min(1, "Give a password or an access token")
  .max(8_192)
  .refine((password) => !password.includes("\0"), "A password cannot hold a NUL character");

/** Who a server is to a registry. It travels to a server when that needs it, and is kept there in memory only. */
export const Login = z.object({ host: RegistryHost, username: z.string(), password: z.string() });
export type Login = z.output<typeof Login>;
/** Registries that one job or question may be about. */
export const LOGINS = 20;

export const NewRegistry = z.strictObject({ host: GivenHost, username: Username, password: Password });
export type NewRegistry = z.output<typeof NewRegistry>;
/** What is left out stays as it is. A host is another registry: its login is added anew. */
export const EditRegistry = z.strictObject({ username: Username.optional(), password: Password.optional() });
export type EditRegistry = z.output<typeof EditRegistry>;
export const TestRegistry = z.strictObject({ serverId: z.string().optional() });

/** A login for a registry. Its password is never given back. */
export const RegistryView = z
  .object({ id: z.string(), host: z.string(), username: z.string(), createdAt: z.int(), changedAt: z.int() })
  .meta({ id: "Registry" });
export type RegistryView = z.output<typeof RegistryView>;

/** What a server found out when it tried a login; `problem` null: the registry has let it in. */
export const RegistryTest = z
  .object({ serverId: z.string(), serverName: z.string(), problem: JobError.nullable() })
  .meta({ id: "RegistryTest" });
export type RegistryTest = z.output<typeof RegistryTest>;

/** What a registry has behind an image's tag; `made-here`: it came from none. */
export const RemoteImage = z.object({
  image: z.string(),
  digest: z.string().nullable(),
  /** Other digests under which this server knows that same image. */
  alias: z.array(z.string()).default([]),
  madeHere: z.boolean().default(false),
  problem: JobError.pick({ code: true, message: true }).nullable().default(null),
});
export type RemoteImage = z.output<typeof RemoteImage>;
