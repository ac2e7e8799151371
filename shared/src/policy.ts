import { z } from "zod";
import { Email } from "./email.ts";
import { JobKind } from "./jobs.ts";
import { RegistryHost } from "./registries.ts";

/** Every list may be left empty, every switch and every section out. */
const list = <S extends z.ZodType>(item: S) =>
  z
    .array(item)
    .max(1_000)
    .nullish()
    .transform((items) => items ?? []);
const only = <S extends z.ZodType>(item: S) =>
  z
    .array(item)
    .max(1_000)
    .nullish()
    .transform((items) => items ?? null);
const allowed = (unlessSaid: boolean) =>
  z
    .boolean("Say true or false")
    .nullish()
    .transform((given) => given ?? unlessSaid);
const section = <S extends z.ZodType>(schema: S) => z.preprocess((given) => given ?? {}, schema);

const AbsolutePath = z
  .string()
  .regex(/^\/([^/]+\/?)*$/, "Give an absolute path, such as /srv/media")
  .refine((path) => !path.split("/").includes(".."), "Give a path without ..");
/** What AppOS does by itself, such as what it does on a schedule, counts as this user. */
export const APPOS_ITSELF = "appos";
const User = z.union([z.literal(APPOS_ITSELF), Email], `Give an e-mail address, or ${APPOS_ITSELF} for what AppOS does by itself`);

const terminals = {
  /** A shell on the server itself, as root. */
  host: allowed(false),
  /** A shell in a container of an app. */
  exec: allowed(true),
};
/** Who may cause jobs and terminals; null: whoever the control plane lets. */
const users = { only: only(User) };
/** Where images may come from; null: from anywhere. */
const registries = { only: only(RegistryHost) };
/** Folders of the server whose files an app may be given as a secret or a config. */
const files = { roots: list(AbsolutePath) };
const compose = {
  /** Containers with all rights over the server. */
  privileged: allowed(false),
  /** The server's own network. */
  hostNetwork: allowed(false),
  /** Docker's socket, which is as good as root. */
  dockerSocket: allowed(false),
  /** Folders of the server that may be mounted, with all that is below them. */
  hostMounts: list(AbsolutePath),
  /** Devices of the server, by path; `gpu` for all that are reserved by `deploy`. */
  devices: list(z.union([z.literal("gpu"), AbsolutePath], "Give a device's absolute path, or gpu")),
  /** Capabilities beyond Docker's own, such as NET_ADMIN. */
  capabilities: list(z.string().regex(/^[A-Z_]+$/, "Give a capability's name in capitals, without CAP_, such as NET_ADMIN")),
};

/** The file on a server that limits what its control plane may ask. What it does not know, it does not take. */
export const PolicyFile = z.strictObject({
  jobs: section(z.strictObject({ deny: list(JobKind) })),
  terminals: section(z.strictObject(terminals)),
  users: section(z.strictObject(users)),
  registries: section(z.strictObject(registries)),
  files: section(z.strictObject(files)),
  compose: section(z.strictObject(compose)),
});

/** A policy as its agent reports it, who may be newer and know more. */
export const Policy = z
  .object({
    jobs: section(z.object({ deny: list(z.string().max(63)) })),
    terminals: section(z.object(terminals)),
    users: section(z.object(users)),
    registries: section(z.object(registries)),
    files: section(z.object(files)),
    compose: section(z.object(compose)),
  })
  .meta({ id: "Policy" });
export type Policy = z.output<typeof Policy>;

/** Without a file: only what is safe. */
export const defaultPolicy: Policy = PolicyFile.parse({});
/** Where the file cannot be used, it may have forbidden anything. */
const closedPolicy: Policy = { ...defaultPolicy, terminals: { host: false, exec: false } };

/** The policy that holds, and why its file cannot be used, where it cannot. */
export type PolicyInForce = Policy & { problem: string | null };
export const inForce = (policy: Policy): PolicyInForce => ({ ...policy, problem: null });
export const unusable = (problem: string): PolicyInForce => ({ ...closedPolicy, problem });

/** What a server last said of its policy; undefined where it has said nothing. */
export const reportedPolicy = (facts: { policy?: Policy | null; policyProblem?: string | null } | null): PolicyInForce | undefined =>
  facts?.policy ? { ...facts.policy, problem: facts.policyProblem ?? null } : undefined;
