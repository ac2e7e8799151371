import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LogLine } from "@appos/shared/logs";
import type { Api } from "../world/api.ts";
import { faultsOf, visitor } from "../world/browser.ts";
import { presses, reads, signsIn } from "../world/console.ts";
import { administrator, type ControlPlane, controlPlaneWithServer } from "../world/control-plane.ts";
import { appNamed } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let controls: ControlPlane;
let admin: Api;
let page: Page;
const shop = appNamed("shop");

/** Says who it is as it begins, goes on talking, and says goodbye. */
const service = (name: string, words: string) => `  ${name}:
    image: appos-test/logger:1
    stop_signal: TERM
    command:
      - sh
      - -c
      - 'trap "echo ${name} ${words} says goodbye; exit 0" TERM; echo "[ERROR] ${name} ${words} needle in the hay"; i=0; while true; do i=$$((i+1)); echo ${name} ${words} $$i; usleep 3000; done'
`;
const compose = (web: string) => `services:\n${service("web", web)}${service("db", "old")}`;

beforeAll(async () => {
  await buildImages();
  ({ controls, admin } = await controlPlaneWithServer());
  const { deployment } = await admin.create(shop, compose("first"));
  expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
  await admin.saveCompose(shop, compose("second"));
  expect(await admin.settled((await admin.deploy(shop)).id)).toMatchObject({ status: "succeeded" });
  page = await visitor(controls.url);
  await signsIn(page, administrator);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.goto(`/apps/${shop}/logs`);
});

const log = () => page.getByRole("log", { name: `Log of ${shop}` });
const text = () => log().innerText();
const logs = (query: string) => admin.get<{ items: LogLine[]; older: boolean }>(`apps/${shop}/logs?${query}`);

test("the log of the container that was made anew is there to its last line, and goes on with its follower's", async () => {
  const { items, older } = await logs("service=web&tail=10000");
  expect(older).toBe(false);
  const numbersOf = (words: string) =>
    items.flatMap(({ text }) => (new RegExp(`^web ${words} (\\d+)$`).exec(text) ?? []).slice(1).map(Number));
  for (const words of ["first", "second"]) {
    const numbers = numbersOf(words);
    expect(numbers.length).toBeGreaterThan(20);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  }
  const texts = items.map(({ text }) => text);
  expect(texts.indexOf("web first says goodbye")).toBe(texts.findLastIndex((each) => each.startsWith("web first")));
  expect(items.map(({ at }) => at)).toEqual(items.map(({ at }) => at).toSorted((a, b) => a - b));
  expect(items.flatMap(({ from }) => from?.release ?? [])).toEqual([1, 2]);
});

test("the whole log is searched on the server, with what stands around each line, across the recreation", async () => {
  await reads(page, "Live");
  await page.getByLabel("Search in these lines").fill("web first says");
  await presses(page, "Search the whole log");
  await until("the goodbye", async () => /web first says goodbye/.test(await text()));
  expect(await text()).toMatch(/web first \d+\n/);
  expect(await text()).not.toMatch(/db old/);
  await page.getByLabel("Search in these lines").fill("needle");
  await presses(page, "Search the whole log");
  await page.getByLabel("Lines around each").selectOption("0");
  await until("each needle", async () => (await text()).match(/needle/g)?.length === 3);
  expect(await text()).toMatch(/web was made anew, release 2/);
  await presses(page, "It is a regular expression");
  await page.getByLabel("Search in these lines").fill("^.ERROR. web (first|second)");
  await presses(page, "Search the whole log");
  await until("the needles of web", async () => (await text()).match(/needle/g)?.length === 2);
  await page.getByLabel("Search in these lines").fill("(");
  await presses(page, "Search the whole log");
  await reads(page, /no regular expression that can be searched for/);
  await presses(page, "Back to the log");
  await reads(page, "Live");
});

test("older lines come as one scrolls up, and the recreation is told of where it was", async () => {
  await page.getByLabel("Search in these lines").fill("");
  await presses(page, "web");
  await until("only lines of web", async () => (await text()).includes("web second") && !(await text()).includes("db old"));
  await presses(page, "Pause");
  await until("the beginning", async () => {
    await log().evaluate((pane) => pane.scrollTo({ top: 0 }));
    const more = page.getByRole("button", { name: "Show earlier lines" });
    if (await more.isVisible()) await more.click({ timeout: 500 }).catch(() => {});
    const seen = await text();
    return seen.includes("The log begins here.") && seen.includes("[ERROR] web first needle in the hay");
  });
  await presses(page, "Resume");
});

test("only what is grave, and the log as a file", async () => {
  await page.getByLabel("Level").selectOption("error");
  await until("only errors", async () => (await text()).match(/needle/g)?.length === 2 && !/second \d/.test(await text()));
  const begun = page.waitForEvent("download");
  await page.getByRole("link", { name: /^Download/ }).click();
  const file = await (await begun).createReadStream();
  const chunks: Buffer[] = [];
  for await (const chunk of file) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString()).toMatch(
    /^\S+Z web \| \[ERROR\] web first needle in the hay\n\S+Z web \| \[ERROR\] web second needle in the hay\n$/,
  );
  expect(faultsOf(page)).toEqual([]);
});
