import type { Page as PageOf } from "@appos/shared/envelope";
import type { TemplateSourceView } from "@appos/shared/template-sources";
import type { TemplateView } from "@appos/shared/templates";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../world/api.ts";
import { faultsOf, visitor } from "../world/browser.ts";
import { fills, follows, heading, presses, reads, signsIn, succeeds } from "../world/console.ts";
import { administrator, type ControlPlane, controlPlaneWithServer } from "../world/control-plane.ts";
import { appNamed, containersOf, docker } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { gitHost } from "../world/git-host.ts";
import { buildImages } from "../world/images.ts";
import { port } from "../world/places.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let controls: ControlPlane;
let admin: Api;
let host: Awaited<ReturnType<typeof gitHost>>;
let page: Page;
const shop = appNamed("web");

const container = {
  type: 1,
  title: "Plain web",
  description: "One page of the web",
  image: "appos-test/web:1",
  ports: ["8080:80/tcp"],
  categories: ["webserver"],
};
const list = (...templates: object[]) => JSON.stringify({ version: "2", templates });
const runtipi = (image: string, port: number) => ({
  "apps/tipi-web/config.json": JSON.stringify({
    id: "tipi-web",
    name: "Tipi web",
    short_desc: "A page with a secret",
    version: "1.0",
    tipi_version: 1,
    port,
    categories: ["utilities"],
    available: true,
    form_fields: [{ type: "random", env_variable: "TIPI_SECRET", label: "Secret", min: 20 }],
  }),
  "apps/tipi-web/docker-compose.json": JSON.stringify({
    services: [
      {
        name: "tipi-web",
        image,
        isMain: true,
        internalPort: 80,
        environment: { SECRET: "${TIPI_SECRET}" },
        volumes: [{ hostPath: "${APP_DATA_DIR}/data", containerPath: "/data" }],
        extraLabels: { "runtipi.managed": true },
      },
    ],
  }),
  "apps/gone/config.json": JSON.stringify({
    id: "gone",
    name: "Gone",
    short_desc: "No more",
    version: "1",
    tipi_version: 1,
    available: false,
  }),
});

const newer = (files: Record<string, string>) => {
  const path = "apps/tipi-web/config.json";
  return { ...files, [path]: files[path]!.replace('"version":"1.0","tipi_version":1', '"version":"2.0","tipi_version":2') };
};

const sources = async () => (await admin.get<PageOf<TemplateSourceView>>("template-sources")).items;
const read = (name: string) =>
  until(`${name} is read`, async () =>
    (await sources()).find((source) => source.name === name && !source.refreshing && source.checkedAt !== null),
  );

beforeAll(async () => {
  await buildImages();
  [{ controls, admin }, host] = await Promise.all([controlPlaneWithServer({ env: { APPOS_OUTBOUND_ALLOW: "127.0.0.1" } }), gitHost()]);
  page = await visitor(controls.url);
  await signsIn(page, administrator);
  await heading(page, "Overview");
});

test("a Portainer list is added by its address; what was left out of it and what is risky is told", async () => {
  host.files.set(
    "/templates.json",
    list(
      container,
      { ...container, title: "Bold web", privileged: true, labels: [{ name: "a", value: "b" }] },
      { ...container, title: "Windows web", platform: "windows" },
    ),
  );
  await page.goto("/catalog/sources");
  await presses(page, "Add source");
  await fills(page, "Address", `${host.url}/templates.json`);
  await fills(page, "Name", "Portainer of ours");
  await page.getByRole("dialog").getByRole("button", { name: "Add source" }).click();
  await reads(page, "Portainer templates: 2 templates, and 1 that cannot be installed");
  await follows(page, "Portainer of ours");
  await reads(page, "It runs on Windows only.");
  await presses(page, /^Risky/);
  await reads(page, /bold-web/i);
  await page.getByText("privileged", { exact: true }).waitFor();
  await follows(page, "Bold web");
  await heading(page, "Left out by the import");
  await reads(page, "Its labels were left out.");
});

test("a git repository is read over http, and a template of it is installed", async () => {
  const at = await port();
  const url = host.commit("tipi", runtipi("appos-test/web:1", at));
  await admin.post("template-sources", { url, name: "Tipi of ours" });
  const source = await read("Tipi of ours");
  expect(source).toMatchObject({ format: "runtipi", usable: 1, unusable: 1, failure: null });
  await page.goto("/catalog?search=secret");
  await page.getByRole("link", { name: /Tipi web/ }).click();
  await heading(page, "Tipi web");
  await fills(page, "Name", shop);
  await presses(page, "Install");
  await page.getByRole("dialog").getByRole("button", { name: "Install" }).click();
  await page.waitForURL(/\/deployments\/dep_/);
  await succeeds(page);
  const [first] = await containersOf(shop);
  const environment = await docker("inspect", "--format", "{{json .Config.Env}}", first!);
  expect(environment).toMatch(/SECRET=[A-Za-z0-9]{20}"/);
  expect(await docker("inspect", "--format", "{{json .Config.Labels}}", first!)).not.toContain("runtipi.managed");
});

test("a newer version of the template is announced, seen, saved and deployed; its secret stays", async () => {
  const secretOf = async () =>
    /SECRET=(\w{20})"/.exec(await docker("inspect", "--format", "{{json .Config.Env}}", (await containersOf(shop))[0]!))![1];
  const before = await secretOf();
  const [tipi] = (await sources()).filter(({ name }) => name === "Tipi of ours");
  host.commit("tipi", newer(runtipi("appos-test/web:2", await port())));
  await admin.post(`template-sources/${tipi!.id}/refresh`);
  await until("the newer version is offered", async () => (await admin.app(shop)).template?.newer);

  await page.goto(`/apps/${shop}`);
  await reads(page, "The catalog has version 2.0-2 of it.");
  await follows(page, "See what changes");
  await heading(page, "Version 1.0-1 becomes 2.0-2");
  const shown = (when: string) => page.getByLabel(`The compose file and the newer template's, ${when}`);
  await shown("before").getByText("appos-test/web:1").waitFor();
  await shown("after").getByText("appos-test/web:2").waitFor();
  await presses(page, "Save and see the plan");
  const plan = page.getByRole("dialog", { name: `Deploy ${shop}` });
  await plan.getByText("image appos-test/web:1 becomes appos-test/web:2").waitFor();
  expect(await admin.app(shop)).toMatchObject({ version: 2, liveVersion: 1, template: { version: "2.0-2" } });
  await plan.getByRole("button", { name: "Deploy", exact: true }).click();
  await page.waitForURL(/\/deployments\/dep_/);
  await succeeds(page);
  expect(await docker("inspect", "--format", "{{.Config.Image}}", (await containersOf(shop))[0]!)).toContain("appos-test/web:2");
  expect(await secretOf()).toBe(before);
  expect((await admin.app(shop)).template).not.toHaveProperty("newer");
});

test("what has not changed is not fetched again; while a source is away its last good copy stays, with the reason", async () => {
  const [portainer] = (await sources()).filter(({ name }) => name === "Portainer of ours");
  const again = async (id: string) => {
    const before = (await sources()).find((source) => source.id === id)!.checkedAt!;
    await admin.post(`template-sources/${id}/refresh`);
    return until("it was asked", async () =>
      (await sources()).find((source) => source.id === id && !source.refreshing && source.checkedAt! > before),
    );
  };
  await again(portainer!.id);
  expect(host.asked).toEqual(["/templates.json 200", "/templates.json 304"]);
  await host.goesAway();
  const away = await again(portainer!.id);
  expect(away).toMatchObject({ usable: 2, failure: { message: expect.stringContaining("refuses the connection") } });
  await page.goto("/catalog/sources");
  await reads(page, /refuses the connection/);
  await reads(page, "Last good copy");
  expect((await admin.get<TemplateView>(`templates/${portainer!.id}:plain-web`)).name).toBe("Plain web");
  await host.comesBack();
  host.files.set("/templates.json", list(container));
  expect(await again(portainer!.id)).toMatchObject({ usable: 1, unusable: 0, failure: null });
});

test("an address that is not allowed is refused in the dialog, and a source is removed with its templates", async () => {
  await page.goto("/catalog/sources");
  await presses(page, "Add source");
  await fills(page, "Address", "https://169.254.169.254/latest");
  await page.getByRole("dialog").getByRole("button", { name: "Add source" }).click();
  await reads(page, /169\.254\.169\.254 is a private address/);
  await presses(page, "Cancel");
  await presses(page, "More for Portainer of ours");
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await presses(page, "Remove source");
  await reads(page, "Portainer of ours was removed.");
  await until(
    "its templates are gone",
    async () => (await admin.get<PageOf<TemplateView>>("templates?search=plain+web")).items.length === 0,
  );
  expect(faultsOf(page)).toEqual([]);
});
