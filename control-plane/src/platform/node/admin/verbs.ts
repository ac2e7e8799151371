import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { drizzle } from "drizzle-orm/libsql";
import { setupLinks } from "../../../features/auth/setup-links.ts";
import { upToDate } from "../database.ts";
import { exportTo } from "./export.ts";
import { importFrom } from "./import.ts";
import { Refusal } from "./refusal.ts";
import type { Place } from "./place.ts";

/** One command of `appos-admin`. */
export interface Verb {
  summary: string;
  usage?: string;
  options?: Record<string, { type: "string" | "boolean" }>;
  /** How many words follow it. */
  words?: number;
  run(asked: Asked): Promise<void>;
}

export interface Asked {
  place: Place;
  version: string;
  values: Record<string, string | boolean | undefined>;
  words: string[];
  say(line: string): void;
  /** For people only, where what is said goes to another program. */
  note(line: string): void;
}

const SAY_EVERY = 100_000;
const many = (count: number, noun: string) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
const rowsIn = (tables: { rows: number }[]) =>
  many(
    tables.reduce((sum, { rows }) => sum + rows, 0),
    "row",
  );

const exportVerb: Verb = {
  summary: "Write everything the database holds to one file. Secrets stay sealed under the master key. AppOS must be stopped.",
  usage: "[--to FILE]",
  options: { to: { type: "string" } },
  async run({ place, version, values, say }) {
    const client = await place.open({ existing: true });
    const at = new Date().toISOString();
    const to = resolve(typeof values["to"] === "string" ? values["to"] : `appos-${at.slice(0, 19).replaceAll(":", "")}.export`);
    const controlPlaneId = (await place.controlPlaneId()) ?? null;
    const { tables } = await exportTo({
      client,
      alone: place.embedded,
      newest: place.migrations.at(-1)!.folderMillis,
      to,
      about: { appos: version, at, controlPlaneId },
    });
    say(`Everything is in ${to}: ${rowsIn(tables)} of ${many(tables.length, "table")}.`);
    say('It is of use only with the master key: "npm run -s admin -- key" prints that.');
  },
};

const importVerb: Verb = {
  summary: "Fill an empty database with what an export holds. AppOS must not run over it.",
  usage: "FILE [--replace]",
  options: { replace: { type: "boolean" } },
  words: 1,
  async run({ place, values, words: [file], say, note }) {
    const controlPlaneId = await place.controlPlaneId();
    if (controlPlaneId === undefined && place.embedded)
      throw new Refusal(
        'The master key is not here, and without it nothing that is sealed can be read. Set APPOS_SECRET_KEY to what "npm run -s admin -- key" prints at the old place.',
      );
    mkdirSync(place.settings.dataDir, { recursive: true, mode: 0o700 });
    let told = 0;
    const header = await importFrom({
      client: await place.open({ existing: false }),
      file: resolve(file!),
      migrations: place.migrations,
      replace: values["replace"] === true,
      controlPlaneId,
      onRows(written) {
        if (written - told < SAY_EVERY) return;
        told = written;
        note(`${many(written, "row")} written`);
      },
    });
    say(`${place.shown} holds everything of ${file}: ${rowsIn(header.tables)} of ${many(header.tables.length, "table")}.`);
    if (controlPlaneId === undefined)
      say(`Start AppOS over it with the master key of ${header.controlPlaneId ?? "the old place"}, as APPOS_SECRET_KEY.`);
  },
};

const key: Verb = {
  summary: "Print the master key, for another place: APPOS_SECRET_KEY there",
  async run({ place, say }) {
    const master = await place.masterKey();
    if (!master) throw new Refusal(`There is no master key in ${place.settings.dataDir}. AppOS makes one when it is first started.`);
    say(Buffer.from(master).toString("base64"));
  },
};

const migrate: Verb = {
  summary: "Bring the database to this version's schema. A control plane on Node does so by itself when it starts.",
  async run({ place, say }) {
    const client = await place.open({ existing: false });
    const steps = await upToDate(client, place.migrations);
    say(`${place.shown} has the newest schema${steps === 0 ? "" : `: ${many(steps, "step")} made`}.`);
    const link = place.settings.publicUrl !== undefined && (await linkFor(place, client));
    if (link) say(`Set AppOS up, once, at ${link}`);
  },
};

const setupLink: Verb = {
  summary: "Print the one-time link with which AppOS gets its administrator. Older links are void then.",
  async run({ place, say }) {
    if (place.settings.publicUrl === undefined) throw new Refusal("Set APPOS_PUBLIC_URL to the address at which people reach AppOS.");
    const client = await place.open({ existing: true });
    await upToDate(client, place.migrations);
    const link = await linkFor(place, client);
    if (!link) throw new Refusal("AppOS has its administrator already. Sign in instead.");
    say(link);
  },
};

async function linkFor({ settings }: Place, client: Awaited<ReturnType<Place["open"]>>): Promise<string | undefined> {
  const token = await setupLinks({ database: drizzle(client), clock: { now: Date.now } }).token();
  return token && `${settings.publicUrl}/setup?token=${token}`;
}

const help: Verb = {
  summary: "Show this help",
  async run({ say }) {
    say("appos-admin works on what AppOS keeps: the database of APPOS_DATABASE_URL, or that in APPOS_DATA_DIR.\n");
    for (const [name, { summary, usage }] of Object.entries(verbs))
      say(`  npm run admin -- ${[name, usage].filter(Boolean).join(" ")}\n      ${summary}`);
  },
};

/** Everything that `appos-admin` can be asked to do. */
export const verbs: Record<string, Verb> = { export: exportVerb, import: importVerb, key, migrate, "setup-link": setupLink, help };
