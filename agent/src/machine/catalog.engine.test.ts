import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { lintCompose } from "@appos/shared/compose-lint";
import { TemplateInput } from "@appos/shared/templates";
import { afterAll, expect, test } from "vitest";
import { parse } from "yaml";
import { dotenv } from "../commands/dotenv.ts";
import { appFolder } from "../jobs/app-folder.ts";
import { list, map, type Part } from "../policy-model.ts";
import { engineWorld } from "./engine-world.ts";

const world = engineWorld();
afterAll(world.end);
const { machine } = world;
const app = await appFolder(machine, "h2-catalog");
const catalog = join(import.meta.dirname, "../../../catalog");
const AT_ONCE = 4;

interface Read {
  id: string;
  compose: string;
  inputs: TemplateInput[];
  accepted: string[];
}
const read = (id: string): Read => {
  const { inputs = [], accepted = [] } = parse(readFileSync(join(catalog, id, "template.yaml"), "utf8")) as {
    inputs?: unknown[];
    accepted?: { danger: string }[];
  };
  return {
    id,
    compose: readFileSync(join(catalog, id, "compose.yaml"), "utf8"),
    inputs: inputs.map((input) => TemplateInput.parse(input)),
    accepted: accepted.map(({ danger }) => danger),
  };
};

/** Some value for an input, with what would hurt where a value is not taken to the letter. */
const someValue = ({ type, default: given, generator }: TemplateInput, n: number) =>
  given ??
  (type === "port"
    ? String(20_000 + n)
    : type === "url"
      ? `http://192.0.2.1:${20_000 + n}`
      : generator
        ? `a$$b$\{c}'"#-${n}`
        : `value-${n}`);

/** What is wrong with a template, as Compose resolves it for a deployment. */
async function problem({ id, compose, inputs, accepted }: Read): Promise<string[]> {
  const env = dotenv(inputs.map((input, n) => ({ key: input.key, value: someValue(input, n) })));
  const answer = await machine.resolveCompose(
    { project: app.project, folder: app.path, compose, env, files: [] },
    new AbortController().signal,
  );
  if ("problem" in answer) return [`${id}: ${answer.problem.join(" ")}`];
  const model = answer.model as Part;
  const published = Object.values(map(model.services)).flatMap((service) =>
    list(map(service).ports).map((port) => String(map(port).published)),
  );
  const dangers = lintCompose(model, {
    folder: app.path,
    source: parse(compose, { merge: true }),
    variables: new Set(inputs.map(({ key }) => key)),
  });
  return [
    ...dangers.filter((danger) => danger.level !== "note" && !accepted.includes(danger.id)).map((danger) => `${id}: ${danger.message}`),
    ...published.filter((port) => !/^\d+$/.test(port)).map((port) => `${id} publishes ${port}`),
  ];
}

test("Compose resolves every template of the catalog, whatever its secrets look like", async () => {
  const waiting = readdirSync(catalog).map(read);
  const found: string[] = [];
  const count = waiting.length;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) found.push(...(await problem(next)));
    }),
  );
  expect(found).toEqual([]);
  expect(count).toBeGreaterThanOrEqual(80);
});
