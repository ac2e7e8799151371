import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import type { WorldWithServer } from "../world/anywhere.ts";
import type { Api } from "../world/api.ts";
import { faultsOf, visitor } from "../world/browser.ts";
import { patient, webWithData } from "../world/compose.ts";
import {
  agreesToThePlan,
  deploysNewApp,
  fills,
  follows,
  heading,
  pastesCompose,
  presses,
  reads,
  signsIn,
  stepIs,
  succeeds,
} from "../world/console.ts";
import { administrator } from "../world/control-plane.ts";
import { answerAt, appNamed, containersOf, makeReady, volumesOf } from "../world/docker.ts";
import { listen, nextOf, type Told } from "../world/events.ts";
import { port as freePort } from "../world/places.ts";
import { until } from "../world/until.ts";

export const deployStories = (w: WorldWithServer) =>
  describe("an app is deployed", { concurrent: false }, () => {
    let url: string;
    let admin: Api;
    let page: Page;
    let port: number;
    let another: number;
    const shop = appNamed("shop");
    const blog = appNamed("blog");

    beforeAll(async () => {
      ({
        controls: { url },
        admin,
      } = w);
      [port, another] = [await freePort(), await freePort()];
      page = await visitor(url);
      await signsIn(page, administrator);
      await heading(page, "Overview");
    });

    const services = (on: Page) => on.getByRole("region", { name: "Services" });

    test("a compose file is pasted, named and deployed, and its steps are seen as they happen, by everybody alike", async () => {
      await deploysNewApp(page, { name: blog, compose: patient(another), server: "local" });
      await heading(page, `${blog}, release 1`);
      await stepIs(page, "Start", "succeeded");
      await stepIs(page, "Health", "running");
      await page
        .getByRole("log", { name: "Output of Health" })
        .getByText(/waiting for its health check/)
        .waitFor();

      const colleague = await visitor(url);
      await signsIn(colleague, administrator);
      await heading(colleague, "Overview");
      await colleague.goto(new URL(page.url()).pathname);
      await page.reload();
      const log = "Output of Health";
      for (const each of [page, colleague]) {
        await stepIs(each, "Health", "running");
        await each
          .getByRole("log", { name: log })
          .getByText(/waiting for its health check/)
          .waitFor();
      }
      await makeReady(blog);
      for (const each of [page, colleague]) {
        await each.getByText("Succeeded", { exact: true }).waitFor();
        for (const title of ["Check", "Resolve", "Start", "Health"]) await stepIs(each, title, "succeeded");
        await services(each).getByText("Healthy", { exact: true }).waitFor();
      }
      await colleague.context().close();
    });

    test("a published port is a link, and answers", async () => {
      await deploysNewApp(page, { name: shop, compose: webWithData(port), server: "local" });
      await succeeds(page);
      const link = services(page).getByRole("link", { name: `:${port}` });
      expect(await link.getAttribute("href")).toBe(`http://127.0.0.1:${port}`);
      const [opened] = await Promise.all([page.context().waitForEvent("page"), link.click()]);
      await reads(opened, "version 1");
      await opened.close();
    });

    test("the compose file is kept as it was written", async () => {
      expect((await admin.version(shop, 1)).compose).toBe(webWithData(port));
    });

    test("a changed compose file is saved and deployed, and what was there is replaced", async () => {
      await page.goto(`/apps/${shop}/config`);
      await reads(page, "The shop. Ask Ada before you change the port.");
      await pastesCompose(page, webWithData(port, 2));
      await fills(page, "What changed", "Version 2 of the shop");
      await presses(page, "Save and deploy");
      await agreesToThePlan(page);
      await heading(page, `${shop}, release 2`);
      await succeeds(page);
      expect(await answerAt(port)).toBe("version 2");
      await page.goto(`/apps/${shop}/config`);
      await reads(page, "Version 2 of the shop");
    });

    test("an app is stopped, started and restarted", async () => {
      await page.goto(`/apps/${shop}`);
      await presses(page, "Stop");
      await reads(page, `${shop} was stopped.`);
      await page.getByText("Stopped", { exact: true }).first().waitFor();
      expect(await answerAt(port)).toBeUndefined();

      await presses(page, "Start");
      await reads(page, `${shop} was started.`);
      await services(page).getByText("Running", { exact: true }).waitFor();
      await until("it answers", async () => (await answerAt(port)) === "version 2");

      const before = (await admin.app(shop)).services[0]?.startedAt ?? 0;
      await presses(page, "Restart");
      await reads(page, `${shop} was restarted.`);
      await until("its service is a newer one", async () => ((await admin.app(shop)).services[0]?.startedAt ?? 0) > before);
      await until("it answers", async () => (await answerAt(port)) === "version 2");
    });

    test("an app is removed and its volume stays, unless told otherwise", async () => {
      const [volume] = await volumesOf(shop);
      await removes("Remove app");
      await until("it is gone", async () => (await containersOf(shop)).length === 0);
      expect(await volumesOf(shop)).toEqual([volume]);

      await deploysNewApp(page, { name: shop, compose: webWithData(port), server: "local" });
      await succeeds(page);
      await removes("Remove app and data", async () => {
        await page.getByRole("radio", { name: /Delete/ }).check();
        await fills(page, `Type ${shop} to confirm`, shop);
      });
      expect(await volumesOf(shop)).toEqual([]);
      expect(await answerAt(port)).toBeUndefined();
    });

    test("a program is told a deployment as it happens, goes on where it was cut off, and hears of every change", async () => {
      const name = appNamed("desk");
      const changes = listen(admin, "events");
      const first = changes.next();
      const { app, deployment } = await admin.create(name, patient(await freePort()), { serverId: w.serverId });
      await first;
      const story = listen(admin, `deployments/${deployment.id}/logs`);
      const cut = await nextOf(story, ({ data }) => JSON.stringify(data).includes("waiting for its health check"));
      await story.return(undefined);
      await makeReady(name);
      const seqs: number[] = [];
      let end = "";
      for await (const { event, id } of listen(admin, `deployments/${deployment.id}/logs`, cut.id)) {
        if (event === "entry") seqs.push(Number(id));
        end = event;
      }
      expect(end).toBe("end");
      expect(seqs).toEqual(seqs.map((_, i) => Number(cut.id) + 1 + i));
      expect((await admin.entries(deployment.id)).at(-1)!.seq).toBe(seqs.at(-1));
      const about = (subject: string) => (told: Told) => (told.data as { id?: string }).id === subject;
      await nextOf(changes, about(deployment.id));
      await changes.return(undefined);

      // What is not known any more is told as that.
      const again = listen(admin, "events", "nowhere.1");
      expect(await again.next()).toMatchObject({ value: { event: "reset" } });
      await admin.order(name, "stop");
      await nextOf(again, about(app.id));
      await again.return(undefined);
    });

    test("every change was written down", async () => {
      await follows(page, "Activity");
      await heading(page, "Activity");
      await page.getByText(shop).first().waitFor();
      expect(faultsOf(page)).toEqual([]);
    });

    async function removes(button: string, choose = async () => {}) {
      await page.goto(`/apps/${shop}`);
      await presses(page, `More for ${shop}`);
      await page.getByRole("menuitem", { name: "Remove app" }).click();
      await page.getByRole("dialog", { name: `Remove ${shop}` }).waitFor();
      await choose();
      await page.getByRole("dialog").getByRole("button", { name: button, exact: true }).click();
      await page.waitForURL(/\/apps$/);
      await reads(page, `${shop} was removed.`);
    }
  });
