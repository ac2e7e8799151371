import { z } from "zod";
import { FoundProject, ProjectFiles } from "./adoption.ts";
import { ConfigFile } from "./config-files.ts";
import { EnvEntry } from "./env.ts";
import { AppId, Name } from "./ids.ts";
import { JobError, Joins } from "./jobs.ts";
import { PlanFindings } from "./plan.ts";
import { Login, LOGINS, RemoteImage } from "./registries.ts";
import { SiteCheck, SiteQuestion } from "./site-check.ts";

/** The e-mail of who asks; null for AppOS itself. */
const Asker = z.string().max(254).nullable();

/**
 * What a server can be asked and answers at once, changing nothing: an `ask` stream carries the question, and its bytes are one JSON
 * `Reply`. What changes anything is a job.
 */
const kinds = {
  /** What a deployment of this configuration would do. */
  plan: {
    input: z.object({
      appId: AppId,
      name: Name,
      compose: z.string(),
      env: z.array(EnvEntry),
      files: z.array(ConfigFile).default([]),
      joins: Joins,
      /** As in `deploy-app`. */
      refresh: z.array(z.string().max(255)).max(500).default([]),
    }),
    answer: PlanFindings,
  },
  /** Which releases of an app its server keeps. `here`: with all of their images. */
  "kept-releases": {
    input: z.object({ appId: AppId, name: Name }),
    answer: z.object({ releases: z.array(z.object({ release: z.int(), here: z.boolean() })) }),
  },
  /** Compose projects that run there and are no apps. */
  "found-projects": { input: z.object({}), answer: z.object({ projects: z.array(FoundProject) }) },
  /** What such a project is made of. */
  "project-files": { input: z.object({ project: z.string().max(255), by: Asker }), answer: ProjectFiles },
  /** What somebody has edited on the server: the compose file in an app's folder, or an adopted project's own files with its variables. */
  "edited-compose": {
    input: z.object({ appId: AppId, name: Name, by: Asker }),
    answer: z.object({ compose: z.string(), env: ProjectFiles.shape.env.nullable() }),
  },
  /** Whether a registry lets somebody in. */
  "registry-test": { input: Login, answer: z.object({ problem: JobError.nullable() }) },
  /** What is behind these images' tags now. */
  "image-digests": {
    input: z.object({ images: z.array(z.string().max(512)).min(1).max(20), logins: z.array(Login).max(LOGINS) }),
    answer: z.object({ images: z.array(RemoteImage) }),
  },
  /** How far a request for a domain gets: DNS, port, certificate, proxy, container, health. */
  "site-check": { input: SiteQuestion, answer: SiteCheck },
};

export type QuestionKind = keyof typeof kinds;
export type Question<K extends QuestionKind> = z.output<(typeof kinds)[K]["input"]>;
export type Answer<K extends QuestionKind> = z.output<(typeof kinds)[K]["answer"]>;
export const questionKinds: { [K in QuestionKind]: { input: z.ZodType<Question<K>>; answer: z.ZodType<Answer<K>> } } = kinds;
export const QuestionKind = z.enum(Object.keys(kinds) as [QuestionKind, ...QuestionKind[]]);

/** The answer, or why there is none. */
export const Reply = z.union([z.object({ answer: z.unknown() }), z.object({ error: JobError })]);
export type Reply = z.output<typeof Reply>;

/** No answer is longer. */
export const ANSWER_BYTES = 4 * 1024 * 1024;
