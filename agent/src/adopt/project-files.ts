import type { ProjectFiles } from "@appos/shared/adoption";
import { parseDotenv } from "@appos/shared/dotenv";
import { EnvEntry } from "@appos/shared/env";
import { looksSecret, valueLooksSecret } from "@appos/shared/secret-names";
import { dotenv } from "../commands/dotenv.ts";
import { refusal } from "../commands/compose-words.ts";
import { undoubled } from "../jobs/canonical.ts";
import { enforcePolicy } from "../jobs/resolve-compose.ts";
import { JobFailure } from "../jobs/job-failure.ts";
import type { ComposeProject, Machine } from "../machine/machine.ts";
import { isSet, map, type Part } from "../policy-model.ts";
import { problemOf } from "./find-projects.ts";
import { mergedText } from "./merged-text.ts";
import { isNarrow } from "./narrow-folder.ts";
import { readByCompose } from "./read-by-compose.ts";

/** What a project is made of, as a configuration of an app. Throws where it cannot be one. `owner`: the app that took it over already. */
export async function projectFiles(name: string, machine: Machine, signal: AbortSignal, owner?: string): Promise<ProjectFiles> {
  const project = (await machine.engine.projects(name)).at(0);
  if (!project) throw refused(`There is no project ${name} on this server any more.`);
  if (project.containers.some(({ appId }) => appId !== null && appId !== owner)) throw refused(`The project ${name} is an app already.`);
  const problem = await problemOf(project, machine);
  if (problem !== null) throw refused(problem);

  const directory = project.directory!;
  const read = async (path: string) => {
    const file = await machine.projectFile(directory, path);
    if ("problem" in file) throw refused(`${path} ${file.problem}. AppOS takes over what it can read below ${directory}.`);
    return file.text;
  };
  const [first = "", ...others] = await Promise.all(project.configFiles.map(read));
  const { env, notes } = await variables(project, directory, machine);
  const besides = await readByCompose([first, ...others], directory, project.envFiles, read);

  const question = { project: name, folder: directory, compose: first, env: dotenv(env) };
  const more = others.map((text, i) => ({ path: `.appos-${i + 2}.yaml`, bytes: new TextEncoder().encode(text) }));
  const answer = await machine.resolveCompose({ ...question, files: [...besides, ...more], more: more.map(({ path }) => path) }, signal);
  if ("problem" in answer) throw refused(`Compose refuses its files: ${refusal(answer.problem, directory)}`);
  const model = undoubled(answer.model);
  checkServices(project, model);
  const path = `${machine.folder}/apps`;
  await enforcePolicy(model, { path, project: name, ownFolder: isNarrow(directory, machine.folder) ? directory : path }, { machine });

  if (others.length === 0 && besides.length === 0) return { directory, compose: first, env, notes };
  const merged = mergedText(model, env, new Set(besides.flatMap(({ isCompose, bytes }) => (isCompose ? [] : namesIn(bytes)))));
  const names = [...project.configFiles, ...besides.map(({ path }) => path)].map((path) => path.replace(`${directory}/`, ""));
  const together = `${names.join(", ")} were put together into one compose file, with their values filled in.`;
  const known = new Set(env.map(({ key }) => key));
  const lifted = merged.env.filter(({ key }) => !known.has(key));
  const secrets = lifted.filter(({ secret }) => secret).length;
  const became =
    lifted.length === 0
      ? []
      : [`${lifted.length} ${lifted.length === 1 ? "value" : "values"} became variables of the app, of which ${secrets} are secret.`];
  return { directory, compose: merged.compose, env: merged.env, notes: [together, ...became, ...notes] };
}

/** What an env file may give a value to. Rather a line too many than one too few: what it names is kept from the text. */
const namesIn = (bytes: Uint8Array) =>
  [...new TextDecoder().decode(bytes).matchAll(/^\uFEFF?[\t ]*(?:export[\t ]+)?["']?([^\s#=:"']+)/gm)].map(([, name = ""]) => name);

/** What Compose fills in: the file it was told of, or `.env` where there is one. */
async function variables({ envFiles }: ComposeProject, directory: string, machine: Machine) {
  const texts: string[] = [];
  for (const path of envFiles.length > 0 ? envFiles : [`${directory}/.env`]) {
    const file = await machine.projectFile(directory, path);
    if ("text" in file) texts.push(file.text);
    else if (envFiles.length > 0 || file.problem !== "is gone")
      throw refused(`${path} ${file.problem}. AppOS takes over what it can read below ${directory}.`);
  }
  const parsed = parseDotenv(texts.join("\n"));
  const env = parsed.entries.map(({ key, value }) => EnvEntry.parse({ key, value, secret: looksSecret(key) || valueLooksSecret(value) }));
  return { env, notes: [...parsed.problems, ...parsed.notes].map(({ line, message }) => `Line ${line} of the variables: ${message}`) };
}

/** What runs and is in no file would be taken away by the next deployment. */
function checkServices({ containers }: ComposeProject, model: Part) {
  const services = Object.keys(map(model.services));
  const built = services.find((service) => isSet(map(map(model.services)[service]).build));
  if (built !== undefined)
    throw refused(
      `The service ${built} has a build section. AppOS takes over finished images: remove build, and name the image that was built.`,
    );
  const unknown = containers.map(({ status }) => status.service).find((service) => !services.includes(service));
  if (unknown !== undefined)
    throw refused(
      `The service ${unknown} runs, and is in none of its files: it was taken out, or is in a profile. Put it in without a profile.`,
    );
}

const refused = (message: string) => new JobFailure("INVALID_COMPOSE", message);
