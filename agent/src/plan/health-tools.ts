import { type Danger, danger } from "@appos/shared/plan";
import type { EngineFacts } from "../machine/machine.ts";
import { list, map, type Part, text } from "../policy-model.ts";
import type { Images } from "./images.ts";
import { mountsOf, type Next, servicesOf } from "./plan-model.ts";

/** Words that a shell knows by itself. */
const BUILTIN = new Set(
  `! . : [ [[ alias break case cd command continue do done echo elif else esac eval exec exit export false fi for function if in kill local
  printf pwd read readonly return set shift test then times trap true type ulimit umask unset until wait while { }`.split(/\s+/),
);
/** After these comes a command. */
const BEFORE = new Set(["!", "if", "then", "else", "while", "until", "do", "exec", "command", "{", "time"]);
const SHELL = "/bin/sh";

/** What has to be there for a command to work: any one of these lists of programs, by name or path. */
export type Need = string[][];

/** What a health check needs; what cannot be told is left out. */
export function needsOf(test: unknown): Need[] {
  const words = Array.isArray(test) ? test.map(text) : typeof test === "string" ? ["CMD-SHELL", test] : [];
  const [how = "", ...rest] = words;
  if (how === "CMD-SHELL") return [[[SHELL]], ...shellNeeds(rest.join(" "))];
  const [program] = rest;
  if (how !== "CMD" || program === undefined) return [];
  const shell = /(^|\/)(ba|da|a)?sh$/.test(program) && rest[1] === "-c";
  return [[[program]], ...(shell ? shellNeeds(rest[2] ?? "") : [])];
}

/** Every command needs its programs; one after `||` may take its place. */
function shellNeeds(script: string): Need[] {
  const bare = script.replace(/\\\n/g, " ").replace(/'[^']*'|"(?:[^"\\]|\\.)*"/g, "''");
  const commands = bare.split(/&&|;|\n|\$\(|\(|\)|`/);
  const needs = commands.map((command) =>
    command
      .split("||")
      .map((way) => way.split(/[|&]/).flatMap((part) => programOf(part) ?? []))
      .filter((programs) => programs.length > 0),
  );
  return needs.filter((ways) => ways.length > 0);
}

/** The first word of a simple command, unless the shell itself knows it or only the shell can tell. */
function programOf(command: string): string | undefined {
  const words = command
    .trim()
    .split(/\s+/)
    .filter((word) => !/^\w+=/.test(word));
  const word = words.find((each) => !BEFORE.has(each)) ?? "";
  return /^[\w./-]+$/.test(word) && !/^[\d-]/.test(word) && !BUILTIN.has(word) ? word : undefined;
}

/** Health checks that call what their image does not have; only images that are here can be looked into. */
export async function missingTools(next: Next, { here }: Images, engine: EngineFacts): Promise<Danger[]> {
  const found = await Promise.all(
    servicesOf(next.model).map(async ([service, definition]) => {
      const image = here.get(text(definition.image));
      const needs = needsOf(map(definition.healthcheck).test);
      if (!image || needs.length === 0 || map(definition.healthcheck).disable === true) return [];
      const path = pathOf(definition, image.path);
      const places = new Map(needs.flat(2).map((tool) => [tool, placesOf(tool, path)]));
      const there = await engine.filesInImage(image.id, [...new Set([...places.values()].flat())]);
      const isThere = (tool: string) => places.get(tool)!.some((place) => there.has(place) || isMounted(place, service, next));
      const unmet = needs.find((ways) => !ways.some((tools) => tools.every(isThere)));
      const tool = unmet?.[0]?.find((each) => !isThere(each));
      return tool === undefined ? [] : [missingTool(service, text(definition.image), tool)];
    }),
  );
  return found.flat();
}

const missingTool = (service: string, image: string, tool: string): Danger =>
  danger("health-tool-missing", {
    service,
    about: tool,
    message: `The health check of ${service} calls ${tool}, which ${image} does not have. It would fail for ever, and the deployment with it.`,
    remedy:
      tool === SHELL
        ? "The image has no shell: write the test as [CMD, program, argument], with a program that the image has."
        : `Use a program that the image has, such as its own client, or leave the health check out.`,
  });

const placesOf = (tool: string, path: readonly string[]) =>
  tool.startsWith("/") ? [tool] : tool.includes("/") ? [] : path.map((folder) => `${folder.replace(/\/$/, "")}/${tool}`);

function pathOf({ environment }: Part, path: readonly string[]): readonly string[] {
  const own = text(map(environment).PATH);
  return own === "" ? path : own.split(":");
}

/** A tool may come with a mount, a config or a secret. */
function isMounted(place: string, service: string, { model, app }: Next): boolean {
  const definition = map(map(model.services)[service]);
  const sources = [...list(definition.configs), ...list(definition.secrets)].map(map);
  const targets = [
    ...mountsOf(model, app)
      .filter((mount) => mount.service === service)
      .map(({ target }) => target),
    ...sources.map(({ target }) => text(target)),
  ];
  return targets.some((target) => target !== "" && (place === target || place.startsWith(`${target}/`)));
}
