import { appFolder } from "../jobs/app-folder.ts";
import { type LogArchive, logArchive } from "../log-archive/archive.ts";
import { type Block, type LogOrigin, originOf } from "../log-archive/blocks.ts";
import type { Container } from "../machine/machine.ts";
import type { StreamInput } from "@appos/shared/streams";
import type { LogContext } from "./log-context.ts";

/** Where one container's lines are: in the engine, in the archive, or both. */
export interface LogSource {
  origin: LogOrigin;
  container: Container | undefined;
  blocks: Block[];
}

export interface LogSources {
  archive: LogArchive;
  /** Those that are there now. */
  live: LogSource[];
  /** Those that are gone, the last to have spoken first. */
  gone: LogSource[];
}

export function isMeant({ service, services }: StreamInput<"logs">, name: string): boolean {
  if (services !== undefined) return services.includes(name);
  return service === undefined || service === name;
}

export async function projectOf({ name }: StreamInput<"logs">, { machine }: LogContext): Promise<string> {
  return (await appFolder(machine, name)).project;
}

/** The app's containers, and whatever else is known of those before them. */
export async function logSources(input: StreamInput<"logs">, context: LogContext): Promise<LogSources> {
  const project = await projectOf(input, context);
  const archive = logArchive(context.machine, project);
  const [containers, kept] = await Promise.all([context.machine.engine.containers({ project }), archive.kept()]);
  const blocksOf = new Map(kept.map(({ origin, blocks }) => [origin.id, blocks]));
  const live = containers
    .filter(({ status }) => isMeant(input, status.service))
    .map((container) => ({ origin: originOf(container), container, blocks: blocksOf.get(container.id) ?? [] }));
  const there = new Set(containers.map(({ id }) => id));
  const gone = kept
    .filter(({ origin }) => !there.has(origin.id) && isMeant(input, origin.service))
    .map(({ origin, blocks }) => ({ origin, blocks, container: undefined }))
    .toSorted((a, b) => (endOf(a.blocks) < endOf(b.blocks) ? 1 : -1));
  return { archive, live, gone };
}

export const endOf = (blocks: Block[]): string => blocks.at(-1)?.to ?? "";

/** The stamps between which lines count: from the first on, and before the second. */
export interface Range {
  from: string;
  before: string;
}

/** A stamp goes on to the nanosecond, and sorts as text. */
const stampOf = (ms: number) => new Date(ms).toISOString().slice(0, -1);
const FAR = 8.64e15;

export const rangeOf = ({ since, until }: Pick<StreamInput<"logs">, "since" | "until">): Range => ({
  from: since === undefined ? "" : stampOf(Math.min(since, FAR)),
  before: until === undefined ? "~" : stampOf(Math.min(until + 1, FAR)),
});
