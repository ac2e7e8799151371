import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import type { Entry } from "@appos/shared/jobs";
import type { WorldWithServer } from "../world/anywhere.ts";
import { visitor } from "../world/browser.ts";
import { patient } from "../world/compose.ts";
import { heading, signsIn, stepIs, succeeds } from "../world/console.ts";
import { administrator, isUp } from "../world/control-plane.ts";
import { appNamed, containersOf, docker, makeReady } from "../world/docker.ts";
import { port as freePort } from "../world/places.ts";
import { openTerminal } from "../world/terminal.ts";
import { processesOf, type Terminals, terminals } from "../world/terminals.ts";
import { until } from "../world/until.ts";

/** An agent waits longer with each time it calls in vain: a minute at most. */
const BACK_MS = 90_000;

export const surviveStories = (w: WorldWithServer) =>
  describe("a control plane is killed", { concurrent: false }, () => {
    let { controls, admin, local } = w;
    let { app, plain, ended, entryOf } = {} as Terminals;
    let page: Page;

    beforeAll(async () => {
      ({ controls, admin, local } = w);
      ({ app, plain, ended, entryOf } = await terminals(w));
      page = await visitor(controls.url);
      await signsIn(page, administrator);
      await heading(page, "Overview");
    });

    const steps = (entries: Entry[]) => entries.filter(({ stream }) => stream === "step").map(({ step, text }) => `${step} ${text}`);
    const isHealthy = async (name: string) => {
      const [container] = await containersOf(name);
      return container && (await docker("inspect", "-f", "{{.State.Health.Status}}", container)) === "healthy";
    };

    test("a control plane that is killed in the middle of a deployment finds it finished, with its whole log, and begins it once", async () => {
      const shop = appNamed("shop");
      const order = { name: shop, serverId: w.serverId, source: { type: "compose", compose: patient(await freePort()) } };
      const ask = async (asked: object) =>
        (await admin.send("POST", "apps", asked, { "idempotency-key": `create-${shop}` })).json() as Promise<Created>;
      const { id } = (await ask(order)).data.deployment;
      const { since } = await admin.server("local");
      await page.goto(`/deployments/${id}`);
      await stepIs(page, "Health", "running");

      await controls.kill9();
      await makeReady(shop);
      await until("the app is healthy, with nobody to tell", () => isHealthy(shop));
      await controls.start();

      // Who was not sure of the answer asks again, and again.
      for (const { data } of await Promise.all([ask(order), ask(order)])) expect(data.deployment.id).toBe(id);
      expect(await ask({ ...order, name: `${shop}-2` })).toMatchObject({ code: 409, error: { code: "IDEMPOTENCY_CONFLICT" } });
      expect(await admin.settled(id, BACK_MS)).toMatchObject({ status: "succeeded" });
      const entries = await admin.entries(id);
      expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1));
      const expected = "check started, check succeeded, resolve started, resolve succeeded, pull skipped, start started, start succeeded";
      expect(steps(entries).join(", ")).toBe(`${expected}, health started, health succeeded`);
      // Nobody's presence was taken away.
      expect(await until("the server is back", () => isUp(admin, "local"), BACK_MS)).toMatchObject({ presence: "up", since });
      // The page that was open all the while shows it without being loaded again.
      await succeeds(page);
      await stepIs(page, "Health", "succeeded");
    });

    test("an agent that is killed leaves no shell behind, and its terminals are closed in the books", async () => {
      const host = await plain();
      const inside = await plain({ path: `apps/${app}`, service: "web" });
      host.types("sleep 9875 &\n");
      await until("both run", () => processesOf(host.session).length >= 2 && processesOf(inside.session).length >= 1);
      await local.kill9();
      expect(await host.closed).toMatchObject({ code: 4100 });
      await local.start();
      await until("nothing is left", () => processesOf(host.session).length + processesOf(inside.session).length === 0);
      await until("the books say so", async () => (await entryOf(host.session))?.endedAt && (await entryOf(inside.session))?.endedAt);
      await expect(openTerminal(admin, { session: host.session })).rejects.toMatchObject({ code: "TERMINAL_ENDED" });
    });

    test("a control plane that is killed in the middle of a terminal finds it again, and nothing of it is missing", async () => {
      const first = await plain();
      first.types("for i in $(seq 1 300); do echo beat $i; sleep 0.01; done; echo fin''ished\n");
      await first.shows(/beat 20\b/);
      await controls.kill9();
      // Its own end, or the word of another process that the server is away.
      expect([1006, 4100]).toContain((await first.closed).code);
      await controls.start();
      await until("the server is back", () => isUp(admin, "local"), BACK_MS);
      const again = await until(
        "the terminal can be opened",
        () => openTerminal(admin, { session: first.session, after: first.bytes() }).catch(() => undefined),
        BACK_MS,
      );
      await again.shows(/finished/);
      const beats = [...(first.text() + again.text()).matchAll(/beat (\d+)/g)].map(([, number]) => Number(number));
      expect(beats).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
      again.say({ type: "end" });
      await ended(first.session);
    });
  });

interface Created {
  data: { deployment: { id: string } };
}
