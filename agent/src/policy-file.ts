import { parse } from "yaml";
import * as z from "zod";

const AbsolutePath = z
  .string()
  .regex(/^\/([^/]+\/?)*$/, "An absolute path")
  .refine((path) => !path.split("/").includes(".."), "A path without ..");
/** Every list may be left empty, every switch out. */
const list = <S extends z.ZodType>(item: S) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
const allowed = z
  .boolean()
  .nullish()
  .transform((given) => given ?? false);

const ComposePolicy = z.strictObject({
  /** Containers with all rights over the server. */
  privileged: allowed,
  /** The server's own network. */
  hostNetwork: allowed,
  /** Docker's socket, which is as good as root. */
  dockerSocket: allowed,
  /** Folders of the server that may be mounted, with all that is below them. */
  hostMounts: list(AbsolutePath),
  /** Devices of the server, by path; `gpu` for all that are reserved by `deploy`. */
  devices: list(z.union([z.literal("gpu"), AbsolutePath])),
  /** Capabilities beyond Docker's own, such as NET_ADMIN. */
  capabilities: list(z.string().regex(/^[A-Z_]+$/, "A capability's name, in capitals, without CAP_")),
});
export type ComposePolicy = z.output<typeof ComposePolicy>;

const none = ComposePolicy.parse({});
const PolicyFile = z.strictObject({ compose: ComposePolicy.nullish().transform((compose) => compose ?? none) });

/** The policy that a file's text states; without a file nothing beyond the safe is allowed. Throws with what is wrong. */
export function readPolicy(text: string | undefined): ComposePolicy {
  const { data, error } = PolicyFile.safeParse(text === undefined ? {} : (parse(text) ?? {}));
  if (error) throw new Error(z.prettifyError(error));
  return data.compose;
}
