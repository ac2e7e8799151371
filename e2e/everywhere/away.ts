import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { type Agent, agent } from "../world/agent.ts";
import type { WorldWithServer } from "../world/anywhere.ts";
import type { Api } from "../world/api.ts";
import { visitor } from "../world/browser.ts";
import { web } from "../world/compose.ts";
import { deploysNewApp, heading, presses, reads, signsIn, succeeds } from "../world/console.ts";
import { administrator } from "../world/control-plane.ts";
import { answerAt, appNamed } from "../world/docker.ts";
import { port as freePort } from "../world/places.ts";
import { openTerminal } from "../world/terminal.ts";

export const awayStories = (w: WorldWithServer) =>
  describe("a server that goes away", { concurrent: false }, () => {
    let admin: Api;
    let osaka: Agent;
    let serverId: string;
    let page: Page;

    beforeAll(async () => {
      admin = w.admin;
      osaka = await agent(w.controls, admin, "osaka");
      ({ id: serverId } = await admin.server("osaka"));
      page = await visitor(w.controls.url);
      await signsIn(page, administrator);
      await heading(page, "Overview");
    });

    test("when an agent goes away the console says since when, apps run on, and what is asked for waits", async () => {
      const [shop, blog] = [appNamed("shop"), appNamed("blog")];
      const port = await freePort();
      const { deployment } = await admin.create(shop, web(port), { serverId });
      expect(await admin.settled(deployment.id)).toMatchObject({ status: "succeeded" });
      await page.goto("/servers/osaka");
      await page.getByText("Up", { exact: true }).first().waitFor();
      await osaka.stop();
      await reads(page, /osaka has not been heard of since/);
      expect(await answerAt(port)).toBe("version 1");
      await expect(admin.get(`apps/${shop}/logs`)).rejects.toMatchObject({ status: 409, code: "SERVER_AWAY" });
      await expect(openTerminal(admin, { path: "servers/osaka" })).rejects.toMatchObject({ status: 409, code: "SERVER_AWAY" });

      await deploysNewApp(page, { name: blog, compose: web(await freePort()), server: "osaka (away)" });
      await reads(page, "Waiting for server osaka.");
      await presses(page, "Cancel");
      await page.getByText("Canceled", { exact: true }).waitFor();

      await admin.saveCompose(shop, web(port, 2));
      const { id } = await admin.deploy(shop);
      expect(await admin.deployment(id)).toMatchObject({ status: "pending", waitingFor: { reason: "server", serverName: "osaka" } });
      await page.goto(`/deployments/${id}`);
      await reads(page, "Waiting for server osaka.");
      await osaka.start();
      await succeeds(page);
      expect(await answerAt(port)).toBe("version 2");
      // What was canceled was never begun.
      expect(await admin.app(blog)).toMatchObject({ liveRelease: null, services: [] });
    });
  });
