import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { api, type Refused } from "../world/api.ts";
import { visitor } from "../world/browser.ts";
import { fills, follows, heading, presses, reads, sees, signsIn } from "../world/console.ts";
import { administrator, controlPlane, type ControlPlane } from "../world/control-plane.ts";
import { endAll } from "../world/ends.ts";
import { dist, folder, port } from "../world/places.ts";
import { attempt } from "../world/program.ts";
import { until } from "../world/until.ts";

afterAll(endAll);
const { email, name, password } = administrator;

let controls: ControlPlane;
let page: Page;
beforeAll(async () => {
  controls = await controlPlane({ setUp: false });
  page = await visitor(controls.url);
});

const main = join(dist, "control-plane/main.mjs");
const starts = (env: Record<string, string>) => attempt(process.execPath, [main], { env: { APPOS_LOCAL_AGENT: "off", ...env } });

let link: string;

test("the set-up link is printed once and stands in the data folder", async () => {
  link = await controls.setupUrl();
  expect(controls.log().match(/\/setup\?token=/g)).toHaveLength(1);
  expect(readFileSync(join(controls.dataDir, "setup-url"), "utf8").trim()).toBe(link);
});

test("AppOS cannot be claimed without the link's token", async () => {
  const claim = api(controls.url).post("setup", { token: "guessed", email, name, password });
  await expect(claim).rejects.toMatchObject({ status: 401, code: "INVALID_SETUP_TOKEN" });
  await page.goto("/setup");
  await heading(page, "Open the set-up link");
  await page.goto("/setup?token=guessed");
  await fills(page, "Name", name);
  await fills(page, "E-mail address", email);
  await fills(page, "Password", password);
  await presses(page, "Create administrator");
  await heading(page, "This set-up link is not valid");
});

test("through the link the administrator is made, and the overview shows this machine, up, with its live facts", async () => {
  await page.goto(link);
  await fills(page, "Name", name);
  await fills(page, "E-mail address", email);
  await fills(page, "Password", "password12");
  await presses(page, "Create administrator");
  await reads(page, "This password is among the first that anyone would try.");
  await fills(page, "Password", password);
  await presses(page, "Create administrator");

  await heading(page, "Overview");
  const card = page.getByRole("region", { name: "Servers" }).getByRole("article");
  await card.getByRole("link", { name: "local" }).waitFor();
  await card.getByText("Up", { exact: true }).waitFor();
  await card.getByText(/Debian|Ubuntu|Linux/).waitFor();
  await card.getByText(/Docker \d+\.\d+/).waitFor();
  for (const meter of ["CPU", "Memory", "Disk"]) await card.getByRole("meter", { name: meter }).waitFor();

  await card.getByRole("link", { name: "local" }).click();
  await heading(page, "local");
  await reads(page, /^v?2\.\d+\.\d+/);
});

test("the link is gone once it has been used", async () => {
  const claim = api(controls.url).post("setup", { token: new URL(link).searchParams.get("token"), email, name, password });
  await expect(claim).rejects.toMatchObject({ status: 409, code: "SETUP_DONE" });
  const stranger = await visitor(controls.url);
  await stranger.goto(link);
  await heading(stranger, "AppOS is set up");
  await follows(stranger, "Sign in");
  await heading(stranger, "Sign in");
});

test("the administrator signs out and in again, and a wrong password is told in a sentence", async () => {
  await page.goto("/settings");
  await presses(page, "Sign out");
  await heading(page, "Sign in");
  await page.goto("/");
  await heading(page, "Sign in");
  await signsIn(page, { email, password: "a wrong password" });
  await reads(page, "E-mail address or password is wrong.");
  await signsIn(page, { email, password });
  await heading(page, "Overview");
});

test("whoever tries too many passwords has to wait, and is told how long", async () => {
  const guesser = await visitor(controls.url);
  const victim = { email: "eve@example.org", password: "a wrong password" };
  await until("it is too much", () =>
    api(controls.url)
      .signIn(victim)
      .catch(({ code }: Refused) => code === "TOO_MANY_ATTEMPTS"),
  );
  await signsIn(guesser, victim);
  await reads(guesser, /Too many log-ins have failed\. Try again in \d+ minutes?\./);
});

test("it starts again with everything it knew, and without a link", async () => {
  await controls.stop();
  await controls.start();
  await page.goto("/");
  await heading(page, "Overview");
  await sees(page, "link", "local");
  expect(controls.log()).not.toContain("/setup?token=");
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
