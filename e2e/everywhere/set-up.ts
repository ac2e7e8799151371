import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { emptyWorld, localServer, type WorldWithServer } from "../world/anywhere.ts";
import { type Api, api, type Refused } from "../world/api.ts";
import { visitor } from "../world/browser.ts";
import { fills, follows, heading, presses, reads, sees, signsIn } from "../world/console.ts";
import { administrator } from "../world/control-plane.ts";
import type { Place } from "../world/platforms/platform.ts";
import { until } from "../world/until.ts";

/** Leaves a world with its server. */
export const setUpStories = (w: WorldWithServer) =>
  describe("a control plane is set up", { concurrent: false }, () => {
    const { email, name, password } = administrator;

    let controls: Place;
    let page: Page;
    let link: string;
    let admin: Api;
    beforeAll(async () => {
      controls = await emptyWorld();
      link = await controls.setupUrl();
      page = await visitor(controls.url);
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

    test("through the link the administrator is made, and the overview shows a server as soon as it is up, with its live facts", async () => {
      await page.goto(link);
      await fills(page, "Name", name);
      await fills(page, "E-mail address", email);
      await fills(page, "Password", "password12");
      await presses(page, "Create administrator");
      await reads(page, "This password is among the first that anyone would try.");
      await fills(page, "Password", password);
      await presses(page, "Create administrator");
      await heading(page, "Overview");

      admin = await api(controls.url).signIn(administrator);
      Object.assign(w, { controls, admin }, await localServer({ controls, admin }));
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

    test("whoever tries too many passwords has to wait, wherever the requests land, and is told how long", async () => {
      const guesser = await visitor(controls.url);
      const victim = { email: "eve@example.org", password: "a wrong password" };
      const guess = (url: string) =>
        api(url)
          .signIn(victim)
          .then(
            () => "in",
            ({ code }: Refused) => code,
          );
      let wrong = 0;
      for (let answer = "INVALID_CREDENTIALS"; answer === "INVALID_CREDENTIALS" && wrong < 50; wrong++) answer = await guess(controls.url);
      for (const url of controls.urls) expect(await guess(url)).toBe("TOO_MANY_ATTEMPTS");
      // As many as one process allows, however many there are.
      expect(wrong).toBeLessThanOrEqual(11);
      await signsIn(guesser, victim);
      await reads(guesser, /Too many log-ins have failed\. Try again in (a minute|\d+ minutes)\./);
    });

    test("it starts again with everything it knew, and without a link", async () => {
      await controls.stop();
      await controls.start();
      await page.goto("/");
      await heading(page, "Overview");
      await sees(page, "link", "local");
      expect(controls.log()).not.toContain("/setup?token=");
      expect(await api(controls.url).get("setup")).toEqual({ needed: false });
    });

    test("a session is the same wherever a request lands, and ends everywhere at once", async () => {
      const other = await api(controls.url).signIn(administrator);
      const { secret } = await other.post<{ secret: string }>("tokens", { name: "ci", role: "viewer" });
      for (const url of controls.urls) expect((await api(url).withToken(secret).server("local")).name).toBe("local");
      await other.post("auth/logout");
      await until("it is over", () =>
        other.get("servers").then(
          () => false,
          ({ status }: Refused) => status === 401,
        ),
      );
      await expect(other.get("servers")).rejects.toMatchObject({ status: 401 });
    });
  });
