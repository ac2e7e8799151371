import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createClient } from "@libsql/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { schemaState } from "../../migrations.ts";
import { lossy, sqld } from "../../sqld.ts";
import { databaseClient } from "../database.ts";
import { everything, fill, migrations } from "./filled.ts";
import { admin, controlPlane, endPrograms, folder } from "./programs.ts";
import { exportTo } from "./export.ts";
import { ask } from "./tables.ts";

const newest = migrations.at(-1)!.folderMillis;
const base = folder();
const [house, other] = [join(base, "house"), join(base, "other")];
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const ada = { email: "ada@example.org", password: "correct horse battery" };

let server: Awaited<ReturnType<typeof sqld>>;
let remote: Record<string, string>;
beforeAll(async () => {
  server = await sqld({ publicKey: publicKey.export({ type: "spki", format: "pem" }) as string });
  remote = { APPOS_DATABASE_URL: server.url, APPOS_DATABASE_TOKEN: token(), APPOS_DATA_DIR: join(base, "beside") };
});
afterAll(async () => {
  endPrograms();
  await server.stop();
});

function token(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "EdDSA", typ: "JWT" })}.${part({ a: "rw" })}`;
  return `${text}.${sign(null, Buffer.from(text), privateKey).toString("base64url")}`;
}

const client = () => createClient({ url: server.url, authToken: token() });
const embedded = (dataDir: string) =>
  databaseClient(pathToFileURL(join(dataDir, "appos.db")).href, undefined, (error) => {
    throw error;
  });
/** Looked at in a copy: who opens a database keeps it. */
function copyOf(dataDir: string) {
  const copy = folder();
  cpSync(dataDir, copy, { recursive: true });
  return embedded(copy);
}

test("a house is moved from an embedded database to a libSQL server and back, and nobody there notices", async () => {
  // A house with somebody in it.
  const first = await controlPlane({
    APPOS_DATA_DIR: house,
    INIT_MODE: "auto",
    SUPERUSER_EMAIL: ada.email,
    SUPERUSER_PASSWORD: ada.password,
  });
  const login = await first.ask("POST", "auth/login", {}, ada);
  const browser = { cookie: login.headers.getSetCookie()[0]!.split(";")[0]! };
  const { secret } = (await first.ask<{ secret: string }>("POST", "tokens", browser, { name: "ci", role: "admin" })).data;
  const program = { authorization: `Bearer ${secret}` };
  const added = await first.ask<{ server: { id: string }; enrollment: { token: string } }>("POST", "servers", browser, { name: "tokyo" });
  const { publicKey: agentKey } = generateKeyPairSync("ed25519");
  const raw = agentKey.export({ format: "jwk" }).x!;
  const enrolled = await first.ask<{ controlPlaneKey: string }>(
    "POST",
    "agent/enroll",
    {},
    { token: added.data.enrollment.token, publicKey: raw },
  );
  const compose = "services:\n  web:\n    image: example/web:1\n";
  const env = [
    { key: "DATABASE_PASSWORD", value: "tell nobody", secret: true },
    { key: "COLOR", value: "blue", secret: false },
  ];
  const made = await first.ask("POST", "apps", program, { name: "shop", source: { type: "compose", compose }, env });
  expect([added.status, enrolled.status, made.status]).toEqual([201, 200, 202]);
  const info = (await first.ask("GET", "system/info", program)).data;

  const file = join(base, "house.export");
  expect(await admin(["export", "--to", file], { APPOS_DATA_DIR: house })).toEqual({
    code: 1,
    output: expect.stringContaining("Stop it first"),
  });
  await first.stop();
  expect((await admin(["export", "--to", file], { APPOS_DATA_DIR: house })).output).toContain("Everything is in");
  const key = (await admin(["key"], { APPOS_DATA_DIR: house })).output.trim();
  expect(Buffer.from(key, "base64")).toHaveLength(32);
  expect(readFileSync(file).includes(Buffer.from(key))).toBe(false);

  // To the server.
  const wrong = { ...remote, APPOS_SECRET_KEY: randomBytes(32).toString("base64") };
  expect((await admin(["import", file], wrong)).output).toContain("another master key");
  const there = { ...remote, APPOS_SECRET_KEY: key };
  expect((await admin(["import", file], { ...there, APPOS_DATABASE_TOKEN: "" })).output).toMatch(/cannot be opened.*401/s);
  expect(await admin(["import", file], there)).toEqual({ code: 0, output: expect.stringContaining("holds everything of") });
  const original = await everything(copyOf(house));
  expect(await everything(client())).toEqual(original);
  expect(await admin(["import", file], there)).toEqual({ code: 1, output: expect.stringContaining("is in use") });

  const second = await controlPlane(there);
  expect((await second.ask("GET", "auth/me", browser)).data).toMatchObject({ email: ada.email });
  expect((await second.ask("GET", "system/info", program)).data).toMatchObject({
    controlPlaneId: (info as { controlPlaneId: string }).controlPlaneId,
  });
  expect((await second.ask("GET", "apps/shop/env", program)).data).toMatchObject({
    env: [
      { key: "DATABASE_PASSWORD", value: null },
      { key: "COLOR", value: "blue" },
    ],
  });
  await second.stop();

  // And back.
  const back = join(base, "back.export");
  expect((await admin(["export", "--to", back], there)).output).toContain("Everything is in");
  expect((await admin(["import", back], { APPOS_DATA_DIR: other })).output).toContain("The master key is not here");
  expect(await admin(["import", back], { APPOS_DATA_DIR: other, APPOS_SECRET_KEY: key })).toMatchObject({ code: 0 });
  expect(await everything(copyOf(other))).toEqual(await everything(client()));
  const third = await controlPlane({ APPOS_DATA_DIR: other, APPOS_SECRET_KEY: key });
  expect((await third.ask("GET", "auth/me", browser)).data).toMatchObject({ email: ada.email });
  expect((await third.ask<{ name: string }[]>("GET", "servers/tokyo", program)).data).toMatchObject({
    name: "tokyo",
    id: added.data.server.id,
  });
  await third.stop();
});

test("an import that is killed at any request keeps control planes away, until it is repeated", async () => {
  const from = embedded(folder());
  await fill(from, 700);
  const file = join(base, "filled.export");
  await exportTo({ client: from, alone: true, newest, to: file, about: { appos: "1", at: "", controlPlaneId: null } });
  const expected = await everything(from);
  const key = { APPOS_SECRET_KEY: randomBytes(32).toString("base64") };
  let [refused, killed] = [0, 0];
  for (let cut = 9; ; cut += 5) {
    let kill = () => {};
    const way = await lossy(server.url, (number) => {
      if (number === cut) kill();
      return "through";
    });
    const { code } = await admin(
      ["import", "--replace", file],
      { ...remote, ...key, APPOS_DATABASE_URL: way.url },
      (kill9) => (kill = kill9),
    );
    way.close();
    if (code === 0) break;
    killed++;
    await new Promise((done) => setTimeout(done, 100));
    if ((await schemaState(client(), newest)) !== "importing") continue;
    refused++;
    if (refused % 3 !== 1) continue;
    const away = await controlPlane({ ...remote, ...key });
    expect(away.isOver()).toBe(true);
    expect(away.output()).toMatch(/An import into this database was not finished.*npm run admin -- import FILE/);
    expect((await admin(["export", "--to", join(base, "half.export")], { ...remote, ...key })).output).toContain("not finished");
    expect(await admin(["import", file], { ...remote, ...key })).toMatchObject({ code: 0 });
    expect(await everything(client())).toEqual(expected);
  }
  expect(killed).toBeGreaterThan(5);
  expect(refused).toBeGreaterThan(3);
  expect(await everything(client())).toEqual(expected);
});

test("migrate brings an empty database to life, however often it is killed, and prints how to set AppOS up", async () => {
  const db = client();
  const tables = await ask(
    db,
    "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'libsql_%'",
  );
  await db.migrate(tables.map(([name]) => `drop table "${String(name)}"`));
  for (let cut = 2; ; cut++) {
    let kill = () => {};
    const way = await lossy(server.url, (number) => {
      if (number === cut) kill();
      return "through";
    });
    const { code } = await admin(["migrate"], { ...remote, APPOS_DATABASE_URL: way.url }, (kill9) => (kill = kill9));
    way.close();
    if (code === 0) break;
  }
  expect(await schemaState(client(), newest)).toBe("current");
  const public_ = { ...remote, APPOS_PUBLIC_URL: "https://panel.example.org" };
  expect((await admin(["migrate"], public_)).output).toMatch(
    /has the newest schema\.\nSet AppOS up, once, at https:\/\/panel\.example\.org\/setup\?token=\S+/,
  );
  const [link] = /\S+setup\?token=\S+/.exec((await admin(["setup-link"], public_)).output)!;
  const plane = await controlPlane({ ...remote, APPOS_PUBLIC_URL: "https://panel.example.org" });
  await plane.stop();
  expect(link).toMatch(/^https:/);
  await client().execute("insert into __drizzle_migrations (hash, created_at) values ('later', 4102444800000)");
  for (const verb of [["migrate"], ["export", "--to", join(base, "x")], ["setup-link"]])
    expect(await admin(verb, public_)).toEqual({ code: 1, output: expect.stringContaining("made by a newer AppOS") });
});
