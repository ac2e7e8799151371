import { z } from "zod";
import { AppDomain } from "./app-domain.ts";
import { ConfigFiles } from "./config-files.ts";
import { EnvSettings, SavedSettings } from "./env.ts";
import { Name, ProjectId, ServerId } from "./ids.ts";
import { TemplateSource } from "./template-choice.ts";

/**
 * How much a danger weighs. `stop`: it may lose data or cannot work, so a deployment waits until somebody confirmed it.
 * `warn`: it works, and may hurt. `note`: good to know.
 */
export const DangerLevel = z.enum(["stop", "warn", "note"]);
export type DangerLevel = z.output<typeof DangerLevel>;

/** Every rule of the plan, its level, and what it is about. Static rules need no engine: they hold for templates as well. */
export const planRules = {
  "volume-renamed": { level: "stop", title: "A volume gets another name, so the app starts without its data" },
  "volume-orphaned": { level: "stop", title: "A volume with data is used by no service any more" },
  "checkout-bind": { level: "stop", title: "A bind mount lies among the files that each deployment replaces" },
  "file-becomes-folder": { level: "stop", title: "A file that is mounted does not exist, so Docker would make a folder of that name" },
  "port-taken": { level: "stop", title: "A published port is taken on the server" },
  "no-address-space": { level: "stop", title: "Docker has no address space left for a network" },
  "missing-arch": { level: "stop", title: "An image is not made for this server's processor" },
  "env-removed": { level: "warn", title: "A variable that ran before is gone" },
  "latest-tag": { level: "warn", title: "An image's tag means another image from day to day" },
  "docker-socket": { level: "warn", title: "A service may command Docker, which is as good as root" },
  privileged: { level: "warn", title: "A service has all rights over the server" },
  "host-network": { level: "warn", title: "A service is on the server's own network" },
  "host-path": { level: "warn", title: "A service mounts a folder of the server" },
  "literal-secret": { level: "warn", title: "A secret stands in the compose file for all to read" },
  "health-tool-missing": { level: "warn", title: "A health check calls a tool that its image does not have" },
  "anonymous-volume": { level: "warn", title: "Data lies in a volume without a name, which a recreated container does not find again" },
  "no-healthcheck": { level: "note", title: "Nothing says whether a service works" },
  "no-digest": { level: "note", title: "An image is named by its tag only" },
  "shell-hook": { level: "warn", title: "The template brings scripts, which AppOS does not run" },
} as const satisfies Record<string, { level: DangerLevel; title: string }>;

export type PlanRule = keyof typeof planRules;
export const PlanRule = z.enum(Object.keys(planRules) as [PlanRule, ...PlanRule[]]);

export const Danger = z.object({
  rule: PlanRule,
  level: DangerLevel,
  /** What a confirmation names: the rule, and what it is about, such as `volume-orphaned:data`. */
  id: z.string().max(300),
  service: z.string().optional(),
  /** What is wrong, in one or two sentences. */
  message: z.string().max(2_000),
  /** What to do about it. */
  remedy: z.string().max(2_000),
});
export type Danger = z.output<typeof Danger>;

interface Found {
  service?: string | undefined;
  /** What it is about, where that is not the service, or not the service alone. */
  about?: string | undefined;
  message: string;
  remedy: string;
  /** Where it weighs less than its rule says. */
  level?: DangerLevel;
}

/** Its id stays as long as it is about the same: what stops a deployment is about a volume, a path or a port, whichever service has it. */
export function danger(rule: PlanRule, { service, about, message, remedy, level }: Found): Danger {
  const { level: usual } = planRules[rule];
  const id = [rule, usual === "stop" && about !== undefined ? undefined : service, about].filter((each) => each !== undefined).join(":");
  return { rule, level: level ?? usual, id: id.slice(0, 300), ...(service !== undefined && { service }), message, remedy };
}

/** What would happen to one service. */
export const ServiceChange = z.object({
  service: z.string(),
  change: z.enum(["create", "recreate", "start", "unchanged", "remove"]),
  /** Why it is made anew, such as "image nginx:1.27 becomes nginx:1.28". The values of variables are not in there. */
  reasons: z.array(z.string()),
  /** Its image, where it stays. */
  image: z.string().nullable(),
});
export type ServiceChange = z.output<typeof ServiceChange>;

export const PlannedImage = z.object({
  image: z.string(),
  services: z.array(z.string()),
  /** It has to be fetched. */
  pull: z.boolean(),
  /** Of what is to be fetched, or of what is here; null where the registry does not say. */
  bytes: z.int().nullable(),
  digest: z.string().nullable(),
});

/** What the server found. */
export const PlanFindings = z.object({
  /** The release that is live there; null where none is. */
  liveRelease: z.int().nullable(),
  services: z.array(ServiceChange),
  images: z.array(PlannedImage),
  volumes: z.array(z.object({ name: z.string(), change: z.enum(["create", "keep", "orphan"]) })),
  networks: z.array(z.object({ name: z.string(), change: z.enum(["create", "keep", "remove"]) })),
  dangers: z.array(Danger),
});
export type PlanFindings = z.output<typeof PlanFindings>;

export const PlanView = PlanFindings.extend({
  /** The config version it is about; null for what is not saved. */
  version: z.int().nullable(),
  liveVersion: z.int().nullable(),
}).meta({ id: "Plan" });
export type PlanView = z.output<typeof PlanView>;

/** Asks about what is not saved yet, or about a version or a release other than the newest version; what is left out is as it is saved. */
export const AskPlan = z.strictObject({
  compose: z.string().optional(),
  env: SavedSettings.optional(),
  files: ConfigFiles.optional(),
  version: z.int().positive().optional(),
  /** Services whose images are pulled though they are there. */
  refresh: z.array(z.string().max(255)).max(500).optional(),
  /** One that was live once: what going back to it would do. */
  release: z.int().positive().optional(),
});
export type AskPlan = z.output<typeof AskPlan>;

/** The same for an app that is not there yet. */
export const AskNewPlan = z
  .strictObject({
    name: Name,
    serverId: ServerId.optional(),
    projectId: ProjectId.optional(),
    compose: z.string().optional(),
    /** In the place of a compose file: a template, and what its inputs are. */
    template: TemplateSource.omit({ type: true }).optional(),
    env: EnvSettings.optional(),
    files: ConfigFiles.optional(),
    domain: AppDomain.optional(),
  })
  .refine(({ compose, template }) => (compose === undefined) !== (template === undefined), "Send either a compose file or a template");
export type AskNewPlan = z.output<typeof AskNewPlan>;
