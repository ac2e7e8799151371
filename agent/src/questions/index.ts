import { editedCompose, foundProjects, projectFilesOf } from "./adoption.ts";
import { imageDigests } from "./image-digests.ts";
import { keptReleasesOf } from "./kept-releases.ts";
import { plan } from "./plan.ts";
import type { QuestionHandlers } from "./question.ts";
import { registryTest } from "./registry-test.ts";
import { siteCheckOf } from "./site-check.ts";

/** What an agent can be asked. A question without a handler does not compile. */
export const questions: QuestionHandlers = {
  plan,
  "registry-test": registryTest,
  "image-digests": imageDigests,
  "kept-releases": keptReleasesOf,
  "found-projects": foundProjects,
  "project-files": projectFilesOf,
  "edited-compose": editedCompose,
  "site-check": siteCheckOf,
};
