import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Client } from "@libsql/client";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { schemaState } from "../../migrations.ts";
import { databaseClient, upToDate } from "../database.ts";
import { exportTo } from "./export.ts";
import { everything, fill, migrations } from "./filled.ts";
import { importFrom } from "./import.ts";

const folder = mkdtempSync(join(tmpdir(), "appos-moving-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const newest = migrations.at(-1)!.folderMillis;
const about = { appos: "1.2.3", at: "2026-11-21T00:00:00Z", controlPlaneId: "cp_here" };
let files = 0;
const place = (name: string) => join(folder, `${files++}-${name}`);
const database = () =>
  databaseClient(`file:${place("appos.db")}`, undefined, (error) => {
    throw error;
  });
const into = (client: Client, file: string, more: Partial<Parameters<typeof importFrom>[0]> = {}) =>
  importFrom({ client, file, migrations, replace: false, controlPlaneId: "cp_here", ...more });

let old: Client;
let file: string;
beforeAll(async () => {
  old = database();
  await fill(old, 1_234);
  file = place("whole.export");
  await exportTo({ client: old, alone: true, newest, to: file, about });
});

describe("an export", () => {
  test("is not written over another file", async () => {
    await expect(exportTo({ client: old, alone: true, newest, to: file, about })).rejects.toThrow("is there already");
  });

  test("is refused of a database that AppOS has never used", async () => {
    await expect(exportTo({ client: database(), alone: true, newest, to: place("x"), about })).rejects.toThrow("nothing to export");
  });

  test("is refused of a database that is not whole, or newer than the code", async () => {
    const client = database();
    await fill(client, 2);
    await expect(exportTo({ client, alone: true, newest: 1, to: place("x"), about })).rejects.toThrow("newer AppOS");
    await client.execute("insert into facts values ('importing', 'x')");
    await expect(exportTo({ client, alone: true, newest, to: place("x"), about })).rejects.toThrow("not finished");
  });

  test("is given up where something changes meanwhile, in whichever table", async () => {
    for (const change of [
      "update jobs set state = 'running' where number = 7",
      "delete from entries where rowid = 3",
      "insert into facts values ('x', 'y')",
    ]) {
      const client = database();
      await fill(client, 200);
      let asked = 0;
      const watched = Object.assign(Object.create(client) as Client, {
        execute: async (statement: Parameters<Client["execute"]>[0]) => {
          // Once every table was counted and read.
          if (/where rowid > /.test((statement as unknown as { sql: string }).sql) && ++asked === 40) await client.execute(change);
          return client.execute(statement as string);
        },
      });
      const to = place("changed.export");
      await expect(exportTo({ client: watched, alone: false, newest, to, about })).rejects.toThrow("still runs over it");
      expect(() => readFileSync(to)).toThrow("ENOENT");
    }
  });

  test("of a database that rests is written, whoever else could have changed it", async () => {
    const to = place("rested.export");
    await exportTo({ client: old, alone: false, newest, to, about });
    expect(gunzipSync(readFileSync(to)).equals(gunzipSync(readFileSync(file)))).toBe(true);
  });
});

describe("an import", () => {
  let fresh: Client;
  beforeEach(() => {
    fresh = database();
  });

  test("leaves every row, and the numbers that were given, as they were", async () => {
    const header = await into(fresh, file);
    expect(await everything(fresh)).toEqual(await everything(old));
    expect(header.tables.find(({ name }) => name === "entries")!.rows).toBe(1_234);
    expect(await schemaState(fresh, newest)).toBe("current");
    expect(await upToDate(fresh, migrations)).toBe(0);
    // The last act is gone, and its number is not given again.
    await fresh.execute("insert into activity (id, at, action, subject) values ('a', 1, 'b', 'c')");
    expect((await fresh.execute("select max(number) from activity")).rows[0]![0]).toBe(1_235);
  });

  test("of a file that was cut off, changed, or is something else is refused before anything is written", async () => {
    const packed = readFileSync(file);
    const text = gunzipSync(packed).toString("utf8");
    const lines = text.trimEnd().split("\n");
    const without = [...lines.slice(0, 500), ...lines.slice(501)];
    const flipped = Buffer.from(packed);
    flipped[flipped.length >> 1]! ^= 1;
    const versioned = (version: number) => text.replace('"version":1', `"version":${version}`);
    const cases: [string, Buffer, RegExp][] = [
      ["cut off", packed.subarray(0, -9), /too early|unpacked/],
      ["half of it", packed.subarray(0, packed.length >> 1), /too early|unpacked/],
      ["without its end", gzipSync(`${lines.slice(0, -1).join("\n")}\n`), /too early/],
      ["cut off in its last line", gzipSync(text.slice(0, -20)), /too early|checksum/],
      ["with a bit flipped", flipped, /damaged/],
      ["with a row less", gzipSync(`${without.join("\n")}\n`), /checksum/],
      ["with a word changed", gzipSync(text.replace("users email 7", "users email x")), /checksum/],
      ["with something after it", gzipSync(`${text}more\n`), /follows/],
      ["no export", gzipSync('{"hello":"world"}\n'), /no export of AppOS/],
      ["not compressed", Buffer.from(text), /unpacked/],
      ["empty", Buffer.alloc(0), /empty|early/],
      ["newer", gzipSync(versioned(2)), /newer AppOS/],
    ];
    for (const [name, bytes, why] of cases) {
      const broken = place(name);
      writeFileSync(broken, bytes);
      await expect(into(fresh, broken), name).rejects.toThrow(why);
      expect((await fresh.execute("select count(*) from sqlite_master")).rows[0]![0], name).toBe(0);
    }
    await expect(into(fresh, place("none"))).rejects.toThrow("There is no file");
  });

  test("from a newer schema, or under another master key, is refused", async () => {
    await expect(into(fresh, file, { migrations: migrations.slice(0, 2) })).rejects.toThrow("newer than this one");
    await expect(into(fresh, file, { controlPlaneId: "cp_other" })).rejects.toThrow("another master key");
    expect((await fresh.execute("select count(*) from sqlite_master")).rows[0]![0]).toBe(0);
  });

  test("into a database in use is refused, unless that may go", async () => {
    await fill(fresh, 3);
    const before = await everything(fresh);
    await expect(into(fresh, file)).rejects.toThrow(/in use: there is something in .*users.*--replace/);
    expect(await everything(fresh)).toEqual(before);
    await into(fresh, file, { replace: true });
    expect(await everything(fresh)).toEqual(await everything(old));
  });

  test("into a database of another program is refused, whatever may go", async () => {
    await fresh.execute("create table pets (name text)");
    await fresh.execute("insert into pets values ('rex')");
    await expect(into(fresh, file, { replace: true })).rejects.toThrow("another program");
    expect((await fresh.execute("select name from pets")).rows[0]![0]).toBe("rex");
  });

  test("of an older schema brings it up to date on the way", async () => {
    const older = database();
    await fill(older, 20, migrations.slice(0, 1));
    const to = place("older.export");
    await exportTo({ client: older, alone: true, newest, to, about });
    await into(fresh, to);
    expect(await schemaState(fresh, newest)).toBe("current");
    expect((await fresh.execute("select count(*) from jobs")).rows[0]![0]).toBe(20);
  });

  test("that ends at any write leaves a database that is refused, and one that is repeated mends it", async () => {
    const from = database();
    await fill(from, 150);
    const small = place("small.export");
    await exportTo({ client: from, alone: true, newest, to: small, about });
    const expected = await everything(from);
    for (let cut = 1; ; cut++) {
      const client = database();
      if (
        await into(dyingAt(client, cut), small).then(
          () => true,
          () => false,
        )
      )
        break;
      const state = await schemaState(client, newest);
      if (cut > 1) {
        expect(state).toBe("importing");
        await expect(upToDate(client, migrations)).rejects.toThrow("was not finished");
      }
      await into(client, small);
      expect(await schemaState(client, newest)).toBe("current");
      expect(await everything(client)).toEqual(expected);
    }
  });

  test("ends when another one of the same database has begun", async () => {
    let other: Promise<unknown> | undefined;
    const first = into(fresh, file, { onRows: () => (other ??= into(fresh, file)) });
    await expect(first).rejects.toThrow("Another import");
    await other;
    expect(await everything(fresh)).toEqual(await everything(old));
  });
});

/** Nothing comes through from the n-th write on. */
function dyingAt(client: Client, cut: number): Client {
  let writes = 0;
  const mortal =
    <A extends unknown[], T>(act: (...args: A) => Promise<T>) =>
    async (...args: A) => {
      if (++writes >= cut) throw new Error("died");
      return act(...args);
    };
  return Object.assign(Object.create(client) as Client, { batch: mortal(client.batch), migrate: mortal(client.migrate) });
}
