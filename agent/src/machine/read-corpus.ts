import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const Variables = z.record(z.string(), z.string()).default({});
const Header = z.strictObject({
  case: z.string(),
  /** The ids of every danger that stops or warns, and of no other. `app` stands for the project's name. */
  expect: z.array(z.string()).default([]),
  env: Variables,
  /** The variables of what runs; the same where they are left out. */
  envBefore: z.record(z.string(), z.string()).optional(),
  /** Config files, by their paths. */
  files: Variables,
  /** What lies in the app's folder: a text is a file, a list of names a folder. */
  host: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
  /** Volumes of what runs in which there is nothing. */
  emptyVolumes: z.array(z.string()).default([]),
  /** What is special about an image. */
  images: z
    .record(
      z.string(),
      z.strictObject({
        arch: z.string().optional(),
        without: z.array(z.string()).default([]),
        volumes: z.array(z.string()).default([]),
        health: z.boolean().default(false),
      }),
    )
    .default({}),
  /** Docker has no addresses left. */
  addressesGone: z.boolean().default(false),
});

export interface CorpusCase extends z.output<typeof Header> {
  file: string;
  /** What runs, where anything does. */
  before: string | undefined;
  /** What is planned. */
  compose: string;
}

/** Every file of a folder. A case is a header, then the compose file that runs where one does, then the one that is planned. */
export function readCorpus(folder: string): CorpusCase[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  return files.flatMap((file) => {
    const documents = readFileSync(join(folder, file), "utf8").split(/^---\n/m);
    const starts = documents.flatMap((text, i) => (/^case:/m.test(text) ? [i] : []));
    return starts.map((start, i) => {
      const [header, ...composes] = documents.slice(start, starts[i + 1]);
      const compose = composes.at(-1);
      if (composes.length > 2 || compose === undefined)
        throw new Error(`${file}: a case is a header and one or two compose files: ${header}`);
      return { ...Header.parse(parse(header!)), file, compose, before: composes.length === 2 ? composes[0] : undefined };
    });
  });
}

/** The images that a compose file names. */
export function imagesIn(compose: string): string[] {
  const { services } = parse(compose, { merge: true }) as { services: Record<string, { image?: string } | null> };
  return Object.values(services).flatMap((service) => service?.image ?? []);
}
