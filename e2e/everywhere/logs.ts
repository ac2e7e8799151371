import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import type { LogLine } from "@appos/shared/logs";
import type { WorldWithServer } from "../world/anywhere.ts";
import type { Api } from "../world/api.ts";
import { visitor } from "../world/browser.ts";
import { presses, reads, signsIn } from "../world/console.ts";
import { administrator } from "../world/control-plane.ts";
import { appNamed } from "../world/docker.ts";
import { until } from "../world/until.ts";

export const logStories = (w: WorldWithServer) =>
  describe("logs are followed", { concurrent: false }, () => {
    let admin: Api;
    let page: Page;
    const diary = appNamed("diary");
    const compose = "services:\n  one: { image: appos-test/logger:1 }\n  two: { image: appos-test/logger:1 }\n";

    beforeAll(async () => {
      admin = w.admin;
      const { deployment } = await admin.create(diary, compose, { serverId: w.serverId });
      expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
      page = await visitor(w.controls.url);
      await signsIn(page, administrator);
      await page.getByRole("heading", { name: "Overview" }).waitFor();
      await page.goto(`/apps/${diary}/logs`);
    });

    const log = () => page.getByRole("log", { name: `Log of ${diary}` });
    const numbers = async () => [...(await log().innerText()).matchAll(/line (\d+)/g)].map(([, number]) => Number(number));
    const newest = async () => Math.max(0, ...(await numbers()));
    const isLater = (than: number) => async () => (await newest()) > than;

    test("the lines of every service appear as they are written", async () => {
      await reads(page, "Live");
      await until("lines of both services", async () => /one[\s\S]*two|two[\s\S]*one/.test(await log().innerText()));
      const now = await newest();
      await until("a later line", isLater(now + 3));
    });

    test("paused, the page stands still; resumed, it has missed nothing", async () => {
      await presses(page, "Pause");
      await reads(page, "Paused");
      const stood = await numbers();
      await page.getByRole("button", { name: /^Resume \(\d\d held back\)/ }).waitFor();
      expect(await numbers()).toEqual(stood);
      await presses(page, /^Resume/);
      await until("later lines", isLater(Math.max(...stood) + 3));
      await reads(page, "Live");
    });

    test("one service is looked at alone, and none of its lines is missing", async () => {
      await page.getByRole("group", { name: "Services" }).getByRole("button", { name: "one" }).click();
      await until("only lines of it", async () => !(await log().innerText()).includes("two") && (await newest()) > 5);
      const seen = await numbers();
      expect(seen).toEqual(Array.from(seen, (_, i) => seen[0]! + i));
    });

    test("a program reads the newest lines of a service", async () => {
      const { items } = await admin.get<{ items: LogLine[] }>(`apps/${diary}/logs?service=two&tail=5`);
      expect(items).toHaveLength(5);
      const first = Number(items[0]?.text.replace("line ", ""));
      expect(items.map(({ text, service }) => `${service} ${text}`)).toEqual(Array.from({ length: 5 }, (_, i) => `two line ${first + i}`));
    });

    test("the log goes on when the app is restarted", async () => {
      await presses(page, "Restart");
      await reads(page, `${diary} was restarted.`);
      await until("a line of the service's new life", async () => {
        const [last, before] = (await numbers()).toReversed();
        return last !== undefined && before !== undefined && (await numbers()).some((number, i, all) => i > 0 && number < all[i - 1]!);
      });
      const now = await newest();
      expect(now).toBeGreaterThan(5);
    });
  });
