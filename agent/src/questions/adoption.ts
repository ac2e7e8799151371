import { findProjects } from "../adopt/find-projects.ts";
import { projectFiles } from "../adopt/project-files.ts";
import { needDocker } from "../jobs/docker-outage.ts";
import { JobFailure } from "../jobs/job-failure.ts";
import { editedProject } from "../adopt/edited-project.ts";
import { appFolder } from "../jobs/app-folder.ts";
import type { Machine } from "../machine/machine.ts";
import { jobRefusalOf } from "../policy-jobs.ts";
import type { QuestionHandler } from "./question.ts";

export const foundProjects: QuestionHandler<"found-projects"> = async (_, { machine }) => {
  await needDocker({ machine });
  return { projects: await findProjects(machine) };
};

/** Files of the server are told only to whom it would let adopt them. */
async function mayAdopt(machine: Pick<Machine, "policyText">, by: string | null) {
  const refusal = await jobRefusalOf(machine)({ kind: "adopt-app", by });
  if (refusal) throw new JobFailure(refusal.code, refusal.message, refusal.details);
}

export const projectFilesOf: QuestionHandler<"project-files"> = async ({ project, by }, { machine, signal }) => {
  await mayAdopt(machine, by);
  await needDocker({ machine });
  return projectFiles(project, machine, signal);
};

export const editedCompose: QuestionHandler<"edited-compose"> = async ({ appId, name, by }, { machine, signal }) => {
  await mayAdopt(machine, by);
  const app = await appFolder(machine, name);
  const edited = await editedProject(machine, app, appId, signal);
  if (edited) return edited;
  const compose = await machine.files.read(app.compose);
  if (compose === undefined) throw new JobFailure("NOT_DEPLOYED", "The app's compose file is gone from the server. Deploy it again.");
  return { compose, env: null };
};
