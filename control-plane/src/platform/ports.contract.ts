import assert from "node:assert/strict";
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { and, eq, sql } from "drizzle-orm";
import type { Ports, Signal } from "../ports.ts";

type Kept = (ports: Ports) => Promise<void>;

/** A table of the contract's own: nothing of the product's data is touched. */
const things = sqliteTable(
  "contract_things",
  { place: text().notNull(), name: text().notNull(), number: integer().notNull() },
  ({ place, name }) => [primaryKey({ columns: [place, name] })],
);
const table = sql`CREATE TABLE IF NOT EXISTS contract_things (place TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL CHECK (number >= 0), PRIMARY KEY (place, name))`;

/** Somewhere in that table where nobody else writes. */
async function place({ database }: Ports) {
  await database.run(table);
  const mine = crypto.randomUUID();
  const at = (name: string) => and(eq(things.place, mine), eq(things.name, name));
  return {
    put: (name: string, number: number) => database.insert(things).values({ place: mine, name, number }),
    raise: (name: string, by: number) =>
      database
        .update(things)
        .set({ number: sql`${things.number} + ${by}` })
        .where(at(name)),
    take: (name: string, expected: number, number: number) =>
      database
        .update(things)
        .set({ number })
        .where(and(at(name), eq(things.number, expected)))
        .returning({ number: things.number }),
    async all() {
      const rows = await database.select().from(things).where(eq(things.place, mine)).orderBy(things.name);
      return Object.fromEntries(rows.map(({ name, number }) => [name, number]));
    },
  };
}

const absent = () => `srv_${crypto.randomUUID().replaceAll("-", "").slice(0, 26)}`;
const rejection = (asked: Promise<unknown>) =>
  asked.then(
    () => assert.fail("It was expected to fail"),
    (error: unknown) => error as Error & { code?: string },
  );

/** Everything heard, and a way to wait for some of it. */
function ear() {
  const heard: (Signal | "reset")[] = [];
  const ids: string[] = [];
  return {
    heard,
    ids,
    hear(said: Signal | "reset", id: string) {
      heard.push(said);
      ids.push(id);
    },
    async hears(id: string) {
      const index = () => heard.findIndex((said) => said !== "reset" && said.id === id);
      for (const end = Date.now() + 10_000; index() < 0; await new Promise((go) => setTimeout(go, 10)))
        if (Date.now() > end) assert.fail(`${id} was not heard, but ${JSON.stringify(heard)}`);
      return ids[index()]!;
    },
  };
}
const changed = (id: string): Signal => ({ type: "server.changed", id });
const hex = (bytes: ArrayBuffer | Uint8Array) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

const database: Record<string, Kept> = {
  "a batch is all or nothing": async (ports) => {
    const { put, raise, all } = await place(ports);
    await ports.database.batch([put("a", 1), put("b", 2)]);
    await rejection(ports.database.batch([raise("a", 10), put("c", 3), put("b", 4)]));
    assert.deepEqual(await all(), { a: 1, b: 2 });
    await rejection(ports.database.batch([put("c", 3), raise("a", -2)]));
    assert.deepEqual(await all(), { a: 1, b: 2 });
  },
  "a later statement of a batch sees what an earlier one wrote": async (ports) => {
    const { put, raise, all } = await place(ports);
    await ports.database.batch([put("a", 1), raise("a", 1), raise("a", 1)]);
    assert.deepEqual(await all(), { a: 3 });
  },
  "of many who change a row on one condition one is told that it did": async (ports) => {
    const { put, take, all } = await place(ports);
    await put("a", 0);
    const taken = await Promise.all(Array.from({ length: 8 }, (_, i) => take("a", 0, i + 1)));
    const winners = taken.flat().map(({ number }) => number);
    assert.equal(winners.length, 1);
    assert.deepEqual(await all(), { a: winners[0] });
  },
  "a row that is there already is refused, and says so": async (ports) => {
    const { put } = await place(ports);
    await put("a", 1);
    const error = await rejection(Promise.resolve(put("a", 2)));
    assert.match(`${error.message} ${String(error.cause)}`, /UNIQUE constraint failed/i);
  },
  "a list is passed as one JSON value": async (ports) => {
    const { put, all } = await place(ports);
    await ports.database.batch([put("a", 1), put("b", 2), put("c", 3)]);
    const wanted = JSON.stringify(["a", "c"]);
    const rows = await ports.database
      .select({ name: things.name })
      .from(things)
      .where(sql`${things.name} IN (SELECT value FROM json_each(${wanted})) AND ${things.number} > 0`)
      .orderBy(things.name);
    assert.deepEqual([...new Set(rows.map(({ name }) => name))], ["a", "c"]);
    assert.equal(Object.keys(await all()).length, 3);
  },
};

const rooms: Record<string, Kept> = {
  "to wake, to offer, to end and to revoke what is not there is no error": async ({ rooms, log }) => {
    const serverId = absent();
    rooms.wake(serverId);
    rooms.revoke(serverId);
    rooms.endTerminals(serverId, ["term_1"], "nobody is there");
    const offer = { jobId: "job_1", number: 1, by: null, kind: "inspect-server", lane: "host", input: {}, after: 0, timeLimitMs: 1_000 };
    rooms.offer(serverId, offer as unknown as Parameters<typeof rooms.offer>[1], 1);
    assert.equal(await rooms.link(serverId), undefined);
    log.debug("the contract's rooms were asked");
  },
  "a server without an agent has no link and no sample": async ({ rooms }) => {
    const serverId = absent();
    assert.equal(await rooms.link(serverId), undefined);
    assert.equal(await rooms.sample(serverId), undefined);
  },
  "a stream on a server without an agent is refused as away": async ({ rooms }) => {
    const input = { appId: "app_1", tail: 1, follow: false } as unknown as Parameters<typeof rooms.open<"logs">>[2];
    const error = await rejection(rooms.open(absent(), "logs", input));
    assert.equal(error.code, "SERVER_AWAY");
  },
};

const events: Record<string, Kept> = {
  "who subscribes hears everything from then on, in order": async ({ events }) => {
    const { heard, hear, hears } = ear();
    const ids = Array.from({ length: 20 }, () => absent());
    const leave = await events.subscribe(undefined, hear);
    for (const id of ids) events.publish(changed(id));
    await hears(ids.at(-1)!);
    leave();
    const mine = heard.flatMap((said) => (said !== "reset" && ids.includes(said.id) ? [said.id] : []));
    assert.deepEqual(mine, ids);
    assert.ok(!heard.includes("reset"));
  },
  "who was away for a moment hears what was said meanwhile": async ({ events }) => {
    const [first, second, third] = [absent(), absent(), absent()];
    const before = ear();
    const leave = await events.subscribe(undefined, before.hear);
    events.publish(changed(first));
    const last = await before.hears(first);
    events.publish(changed(second));
    await before.hears(second);
    leave();
    const after = ear();
    const end = await events.subscribe(last, after.hear);
    await after.hears(second);
    events.publish(changed(third));
    await after.hears(third);
    end();
    assert.ok(!after.heard.some((said) => said !== "reset" && said.id === first));
  },
  "who comes with an event that is not known is told to begin anew, first": async ({ events }) => {
    const { heard, hear, hears } = ear();
    const leave = await events.subscribe("nowhere.17", hear);
    const id = absent();
    events.publish(changed(id));
    await hears(id);
    leave();
    assert.equal(heard[0], "reset");
  },
  "who has left hears nothing more": async ({ events }) => {
    const [gone, there] = [ear(), ear()];
    const leave = await events.subscribe(undefined, gone.hear);
    leave();
    const end = await events.subscribe(undefined, there.hear);
    const id = absent();
    events.publish(changed(id));
    await there.hears(id);
    end();
    assert.ok(!gone.heard.some((said) => said !== "reset" && said.id === id));
  },
};

const clock: Record<string, Kept> = {
  "the clock gives whole milliseconds of our time, and what has elapsed never runs backwards": async ({ clock }) => {
    const now = clock.now();
    assert.ok(Number.isInteger(now) && now > Date.UTC(2024) && now < Date.UTC(2200), String(now));
    const first = clock.elapsed();
    await new Promise((go) => setTimeout(go, 5));
    assert.ok(clock.elapsed() >= first);
  },
};

const keys: Record<string, Kept> = {
  "the master key has 32 bytes": async ({ keys }) => assert.equal(keys.master.length, 32),
  "scrypt is RFC 7914's": async ({ keys }) => {
    const [password, salt] = ["pleaseletmein", new TextEncoder().encode("SodiumChloride")];
    const derived = await keys.scrypt(password, salt, { N: 16_384, r: 8, p: 1, length: 64 });
    const expected =
      "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887";
    assert.equal(hex(derived), expected);
  },
  "of many who hash at once each is answered": async ({ keys }) => {
    const hash = (salt: number) =>
      keys.scrypt("correct horse battery", new Uint8Array(16).fill(salt), { N: 32_768, r: 8, p: 1, length: 32 });
    const all = await Promise.all([hash(1), hash(2), hash(3), hash(1)]);
    assert.deepEqual(
      all.map(({ length }) => length),
      [32, 32, 32, 32],
    );
    assert.equal(new Set(all.map(hex)).size, 3);
  },
};

const downloads: Record<string, Kept> = {
  "the installer is there, with room for the address and the checksum": async ({ downloads }) => {
    const text = await downloads.installer();
    assert.match(text, /__APPOS_URL__/);
    assert.match(text, /__APPOS_SHA256_X64__/);
  },
  "an archive has the checksum and the length that it is said to have": async ({ downloads }) => {
    const archive = await downloads.archive("x64");
    assert.ok(archive);
    const bytes = await new Response(archive.body).arrayBuffer();
    assert.equal(bytes.byteLength, archive.bytes);
    assert.equal(hex(await crypto.subtle.digest("SHA-256", bytes)), await downloads.checksum("x64"));
  },
  "what was not built is not there": async ({ downloads }) => {
    assert.equal(await downloads.checksum("vax"), undefined);
    assert.equal(await downloads.archive("vax"), undefined);
  },
};

/** What every platform must keep, as sentences; each fails by throwing. They run where the ports are: in workerd too. */
export const portsContract: Record<string, Kept> = { ...database, ...rooms, ...events, ...clock, ...keys, ...downloads };
