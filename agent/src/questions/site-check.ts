import { needDocker } from "../jobs/docker-outage.ts";
import { siteCheck } from "../proxy/diagnosis/site-check.ts";
import type { QuestionHandler } from "./question.ts";

export const siteCheckOf: QuestionHandler<"site-check"> = async (site, { machine }) => {
  await needDocker({ machine });
  return siteCheck(site, machine);
};
