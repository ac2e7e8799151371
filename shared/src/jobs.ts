import { z } from "zod";
import { JobErrorCode } from "./errors.ts";
import { AppId, Name } from "./ids.ts";
import { Danger } from "./plan.ts";
import { ServiceState } from "./service-state.ts";
import { ProxyModel, SITES, SiteState } from "./sites.ts";
import { EnvEntry } from "./env.ts";
import { ConfigFile } from "./config-files.ts";

const minutes = (count: number) => count * 60_000;
const ofApp = { appId: AppId, name: Name };
const laneOfApp = ({ appId }: { appId: string }) => `app:${appId}`;

/** Which image a service of a release runs, by content. */
export const PinnedImage = z.object({ service: z.string(), image: z.string(), digest: z.string() });
export type PinnedImage = z.output<typeof PinnedImage>;

export const Joins = z
  .array(z.object({ name: Name, service: z.string().max(255) }))
  .max(100)
  .default([]);

/** Which compose project the app took over, for a server that has forgotten it. */
const adopted = z
  .object({ project: z.string().max(255), directory: z.string().max(4_096) })
  .nullable()
  .default(null);

/** What a deployment of any kind gives back. `canonical` is what runs: the compose file as Compose resolved it, with our labels. */
const deployed = z.object({ images: z.array(PinnedImage), canonical: z.string(), services: z.array(ServiceState) });

/** Every kind of job: what the control plane asks, what a success gives back, what its kind promises. */
const kinds = {
  "deploy-app": {
    input: z.object({
      ...ofApp,
      release: z.int().positive(),
      compose: z.string(),
      env: z.array(EnvEntry),
      files: z.array(ConfigFile).default([]),
      /** Services of other apps on this server to whose networks these services are joined, because variables hold their addresses. */
      joins: Joins,
      /** Services whose images are pulled though they are here: behind their tags may be newer ones. */
      refresh: z.array(z.string().max(255)).max(500).default([]),
      /** Ids of the dangers that somebody has seen and accepts. */
      confirmed: z.array(z.string().max(300)).max(500).default([]),
      /** How many releases stay on the server, with their images. */
      keep: z.int().min(1).max(100).default(10),
      adopted,
    }),
    result: deployed,
    lane: laneOfApp,
    idempotent: true,
    supersedes: true,
    timeLimitMs: minutes(60),
  },
  /** A deployment of an earlier release, out of what the server keeps of it. */
  "rollback-app": {
    input: z.object({
      ...ofApp,
      release: z.int().positive(),
      /** Ids of the dangers that somebody has seen and accepts; null where nobody was asked, as by a control plane of before: nothing stops it then. */
      confirmed: z.array(z.string().max(300)).max(500).nullable().default(null),
      keep: z.int().min(1).max(100).default(10),
      adopted,
      /** What it is made of, for a server that does not keep it any more. */
      remake: z
        .object({
          compose: z.string(),
          env: z.array(EnvEntry),
          files: z.array(ConfigFile).default([]),
          joins: Joins,
          images: z.array(PinnedImage),
        })
        .nullable()
        .default(null),
    }),
    result: deployed,
    lane: laneOfApp,
    idempotent: true,
    supersedes: true,
    timeLimitMs: minutes(60),
  },
  /** Takes a compose project that runs already over as an app. Nothing of it is stopped, started or made anew. */
  "adopt-app": {
    input: z.object({
      ...ofApp,
      release: z.int().positive(),
      project: z.string().max(255),
      directory: z.string().max(4_096),
      compose: z.string(),
      env: z.array(EnvEntry),
    }),
    result: deployed,
    lane: laneOfApp,
    idempotent: true,
    supersedes: false,
    timeLimitMs: minutes(10),
  },
  "start-app": {
    input: z.object(ofApp),
    result: z.object({ services: z.array(ServiceState) }),
    lane: laneOfApp,
    idempotent: true,
    supersedes: false,
    timeLimitMs: minutes(10),
  },
  "stop-app": {
    input: z.object(ofApp),
    result: z.object({ services: z.array(ServiceState) }),
    lane: laneOfApp,
    idempotent: true,
    supersedes: false,
    timeLimitMs: minutes(10),
  },
  "restart-app": {
    input: z.object(ofApp),
    result: z.object({ services: z.array(ServiceState) }),
    lane: laneOfApp,
    idempotent: true,
    supersedes: false,
    timeLimitMs: minutes(10),
  },
  "remove-app": {
    input: z.object({ ...ofApp, volumes: z.enum(["keep", "delete"]) }),
    result: z.object({ keptVolumes: z.array(z.string()) }),
    lane: laneOfApp,
    idempotent: true,
    supersedes: false,
    timeLimitMs: minutes(15),
  },
  /** Has the server's proxy serve these sites, and nothing else. What it cannot serve it refuses, and serves what it did before. */
  "apply-sites": {
    input: ProxyModel,
    result: z.object({
      sites: z.array(SiteState).max(SITES),
      /** The root certificate of the server's own authority, in PEM; left out where it has none. */
      authority: z.string().max(10_000).optional(),
    }),
    lane: () => "proxy",
    idempotent: true,
    supersedes: true,
    timeLimitMs: minutes(15),
  },
};

export type JobKind = keyof typeof kinds;
/** Those that make a release the live one. Each is told of as a deployment. */
export const deploymentKinds = ["deploy-app", "rollback-app", "adopt-app"] as const satisfies JobKind[];
export const isDeployment = (kind: string): kind is (typeof deploymentKinds)[number] => deploymentKinds.some((each) => each === kind);
export type JobInput<K extends JobKind> = z.output<(typeof kinds)[K]["input"]>;
export type JobResult<K extends JobKind> = z.output<(typeof kinds)[K]["result"]>;

export interface JobShape<K extends JobKind> {
  input: z.ZodType<JobInput<K>>;
  result: z.ZodType<JobResult<K>>;
  /** The jobs of one lane run one at a time, in order. */
  lane(input: JobInput<K>): string;
  /** Twice is as good as once: it may be resumed, and offered again to an agent that lost its journal. */
  idempotent: boolean;
  /** A newer one takes the place of those still queued in its lane. */
  supersedes: boolean;
  /** How long one attempt may run, by the agent's own monotonic clock. */
  timeLimitMs: number;
}

export const jobKinds: { [K in JobKind]: JobShape<K> } = kinds;
export const JobKind = z.enum(Object.keys(kinds) as [JobKind, ...JobKind[]]);

export const JobState = z.enum(["queued", "offered", "running", "succeeded", "failed", "canceled", "lost", "superseded"]);
export type JobState = z.output<typeof JobState>;
/** The states a job can still leave. */
export const openStates: JobState[] = ["queued", "offered", "running"];

/** Why a job did not succeed, for the person who will read it. */
export const JobError = z.object({
  code: JobErrorCode,
  message: z.string().max(4_000),
  details: z
    .object({
      /** The step in which it went wrong. */
      step: z.string().optional(),
      /** The service that is to blame. */
      service: z.string().optional(),
      /** The last lines that say why. */
      lines: z.array(z.string()).optional(),
      /** What somebody has to confirm before anything is touched. */
      dangers: z.array(Danger).optional(),
      /** The policy rule that refused. */
      rule: z.string().optional(),
      /** The release that was put back; null when there was none. */
      restored: z.int().nullable().optional(),
      /** Where in the compose file. */
      line: z.int().optional(),
      column: z.int().optional(),
    })
    .optional(),
});
export type JobError = z.output<typeof JobError>;

/** How a job ended on its server. */
export const Ending = z.object({
  outcome: z.enum(["succeeded", "failed", "canceled"]),
  result: z.unknown().optional(),
  error: JobError.optional(),
});
export type Ending = z.output<typeof Ending>;

/** An entry's text is at most this long; what is longer becomes several entries. */
export const ENTRY_LENGTH = 2_000;

/** What a database can give back as it was: no half of a character, no NUL. */
const storable = (text: string) => text.toWellFormed().replaceAll("\0", "\uFFFD");

/** One thing a job said, in one of its steps. A job's entries are numbered from 1, without gaps. */
export const Entry = z.object({
  seq: z.int().positive(),
  at: z.int(),
  step: z.string().max(63).transform(storable),
  /** `step`: the step has "started", "succeeded", "failed" or was "skipped". `note`: the agent's own words. `gap`: what was said here is left out. The rest is output. */
  stream: z.enum(["step", "note", "gap", "stdout", "stderr"]),
  text: z.string().max(ENTRY_LENGTH).transform(storable),
});
export type Entry = z.output<typeof Entry>;

/** A job as people see it. */
export const JobView = z
  .object({
    id: z.string(),
    kind: JobKind,
    state: JobState,
    serverId: z.string(),
    serverName: z.string(),
    appId: z.string().nullable(),
    appName: z.string().nullable(),
    by: z.string().nullable(),
    queuedAt: z.int(),
    startedAt: z.int().nullable(),
    endedAt: z.int().nullable(),
    cancelAskedAt: z.int().nullable(),
    error: JobError.nullable(),
    /** Since when what it said is no longer kept: it was too old, or there was too much. */
    logRemovedAt: z.int().nullable(),
  })
  .meta({ id: "Job" });
export type JobView = z.output<typeof JobView>;
