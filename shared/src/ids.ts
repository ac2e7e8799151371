import { z } from "zod";

const id = (noun: string) => z.string().regex(new RegExp(`^${noun}_[0-9a-z]{1,26}$`), `Not an id of the form ${noun}_…`);

/** The noun it names, then a ULID: sorts by age, and is safe as a file name. */
export const ServerId = id("srv");
export const AppId = id("app");
export const JobId = id("job");
export const DeploymentId = id("dep");
export const TerminalId = id("term");
export const ProjectId = id("prj");
export const DomainId = id("dom");
export const HostActId = id("hact");

/** What a person calls an app or a server: safe as a file, project and host name. */
export const Name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "Use lower-case letters, digits and dashes, starting with a letter or digit, at most 63 in all");
