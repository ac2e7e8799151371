import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { api } from "../world/api.ts";
import { administrator, controlPlane, type ControlPlane } from "../world/control-plane.ts";
import { endAll } from "../world/ends.ts";
import { dist, folder, port } from "../world/places.ts";
import { attempt } from "../world/program.ts";

afterAll(endAll);
const { email } = administrator;

let controls: ControlPlane;
beforeAll(async () => {
  controls = await controlPlane({ setUp: false, env: { APPOS_LOCAL_AGENT: "off" } });
});

const main = join(dist, "control-plane/main.mjs");
const starts = (env: Record<string, string>) => attempt(process.execPath, [main], { env: { APPOS_LOCAL_AGENT: "off", ...env } });

test("the set-up link is printed once and stands in the data folder", async () => {
  const link = await controls.setupUrl();
  expect(controls.log().match(/\/setup\?token=/g)).toHaveLength(1);
  expect(readFileSync(join(controls.dataDir, "setup-url"), "utf8").trim()).toBe(link);
});

test("INIT_MODE=auto makes the administrator from the environment, and refuses a weak password", async () => {
  const env = { APPOS_DATA_DIR: folder("auto"), APPOS_PORT: String(await port()), INIT_MODE: "auto", SUPERUSER_EMAIL: email };
  const weak = await starts({ ...env, SUPERUSER_PASSWORD: "short" });
  expect(weak).toMatchObject({ code: 1, output: "appos: SUPERUSER_PASSWORD is refused. A password has at least 10 characters.\n" });
  const none = await starts(env);
  expect(none).toMatchObject({ code: 1, output: "appos: INIT_MODE=auto needs SUPERUSER_EMAIL and SUPERUSER_PASSWORD.\n" });
  const automatic = await controlPlane({ env: { APPOS_LOCAL_AGENT: "off" } });
  await api(automatic.url).signIn(administrator);
  expect(automatic.log()).not.toContain("/setup?token=");
});

test("a port that is taken is named, with what to do", async () => {
  const taken = new URL(controls.url).port;
  const { code, output } = await starts({ APPOS_PORT: taken, APPOS_DATA_DIR: folder("second") });
  expect(output).toContain(`Port ${taken} on 127.0.0.1 is in use by another program.`);
  expect(output).toContain("APPOS_PORT=");
  expect(output.trim().split("\n")).toHaveLength(1);
  expect(code).toBe(1);
});

test("a data folder that cannot be written is named, with what to do", async () => {
  const file = join(folder("file"), "no-folder");
  writeFileSync(file, "");
  const { code, output } = await starts({ APPOS_PORT: String(await port()), APPOS_DATA_DIR: file });
  expect(output).toMatch(new RegExp(`^appos: The data folder ${file} cannot be written .*APPOS_DATA_DIR`));
  expect(code).toBe(1);
});

test("a data folder that is in use by another AppOS is left alone", async () => {
  const { code, output } = await starts({ APPOS_PORT: String(await port()), APPOS_DATA_DIR: controls.dataDir });
  expect(output).toContain(`Another AppOS runs on the data folder ${controls.dataDir}.`);
  expect(code).toBe(1);
});
