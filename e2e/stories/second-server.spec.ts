import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Api } from "../world/api.ts";
import { visitor } from "../world/browser.ts";
import { web } from "../world/compose.ts";
import { deploysNewApp, follows, heading, presses, reads, sees, signsIn, succeeds } from "../world/console.ts";
import { administrator, type ControlPlane, controlPlaneWithServer } from "../world/control-plane.ts";
import { answerAt, appNamed, containersOf } from "../world/docker.ts";
import { endAll } from "../world/ends.ts";
import { buildImages } from "../world/images.ts";
import { port as freePort } from "../world/places.ts";
import { server, type Server } from "../world/server.ts";
import { tls } from "../world/tls.ts";
import { until } from "../world/until.ts";

afterAll(endAll);

let controls: ControlPlane;
let admin: Api;
let tokyo: Server;
let ca: string;
let page: Page;
const shop = appNamed("shop");

beforeAll(async () => {
  await buildImages();
  tokyo = await server(1);
  const [inner, outer] = [await freePort(), await freePort()];
  const front = await tls({ host: tokyo.near, port: outer, to: inner });
  ca = front.ca;
  ({ controls, admin } = await controlPlaneWithServer({ port: inner, env: { APPOS_PUBLIC_URL: front.url } }));
  page = await visitor(front.url, { ignoreHTTPSErrors: true });
  await signsIn(page, administrator);
  await heading(page, "Overview");
});

/** The command that the console shows for a new server of this name. */
async function commandFor(name: string): Promise<string> {
  await page.goto("/servers");
  await presses(page, "Add server");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Add server" }).click();
  return dialog.getByRole("group", { name: "Install command" }).innerText();
}

/** Runs it as it was shown, on a machine with a certificate authority of its own. */
const runThere = (command: string) => tokyo.sh(command, { APPOS_CA_FILE: ca, CURL_CA_BUNDLE: ca });

test("a machine calls out and nobody can call in", async () => {
  expect(await tokyo.sh(`curl -fsS --cacert ${ca} ${new URL(page.url()).origin}/api/health`)).toMatchObject({ code: 0 });
  const { code } = await tokyo.sh("command -v node");
  expect(code).not.toBe(0);
});

test("the one command that the console shows makes a machine a server, and the console sees it come up", async () => {
  const command = await commandFor("tokyo");
  expect(command).toMatch(
    /^export APPOS_ENROLLMENT_TOKEN=\S+ APPOS_CONTROL_PLANE_ID=cp_\S+; curl -fsSL https:\S+\/install\.sh \| sudo -E sh$/,
  );
  await reads(page, "Waiting for tokyo");
  const { code, output } = await runThere(command);
  expect(output).toContain("appos: The agent is up. Commands: appos-agent status, appos-agent doctor, appos-agent uninstall");
  expect(code).toBe(0);
  await reads(page, "tokyo is up.");
  await follows(page, "Open tokyo");
  await heading(page, "tokyo");
  await page.getByText("Up", { exact: true }).first().waitFor();
  expect(statSync(join(tokyo.prefix, "etc/appos/agent.json")).mode & 0o077).toBe(0);
  expect(output).not.toContain(/APPOS_ENROLLMENT_TOKEN=(\S+)/.exec(command)![1]);
});

test("an app is deployed to the second server", async () => {
  const port = await freePort();
  await deploysNewApp(page, { name: shop, compose: web(port), server: "tokyo" });
  await succeeds(page);
  await sees(page, "link", "tokyo");
  expect(await answerAt(port)).toBe("version 1");
  expect(readFileSync(join(tokyo.prefix, `var/lib/appos/apps/${shop}/compose.yaml`), "utf8")).toBe(web(port));
});

test("appos-agent status and doctor say how it is doing", async () => {
  const status = await tokyo.sh("appos-agent status");
  expect(status.output).toMatch(/Server: +tokyo \(srv_\w+\)/);
  expect(status.output).toMatch(/Link: +up since/);
  expect(status.output).toMatch(/Docker: +Engine \d+\.\S+, Compose v?2\./);
  expect(status.code).toBe(0);

  const doctor = await tokyo.sh("appos-agent doctor");
  for (const check of [
    "Enrollment",
    "DNS",
    "Connection",
    "WebSocket",
    "Authentication",
    "Docker",
    "Compose",
    "Clock",
    "Disk space",
    "Journal",
  ])
    expect(doctor.output).toMatch(new RegExp(`^ok +${check} `, "m"));
  expect(doctor.output).not.toContain("FAIL");
  expect(doctor.code).toBe(0);
});

test("the agent is started again when it ends", async () => {
  const pid = Number((await tokyo.sh("appos-agent status")).output.match(/process (\d+)/)?.[1]);
  process.kill(pid, "SIGKILL");
  await until("another one is up", async () => {
    const { output, code } = await tokyo.sh("appos-agent status");
    return code === 0 && !output.includes(`process ${pid}`);
  });
});

test("a machine that is a server already keeps its identity", async () => {
  const told = await runThere(await commandFor("osaka"));
  expect(told.output).toMatch(/^appos: This machine is enrolled already .*APPOS_REPLACE=yes/m);
  expect(told.code).toBe(1);
});

test("doctor tells what is in the way when the control plane is gone", async () => {
  await controls.stop();
  const { code, output } = await tokyo.sh("appos-agent doctor");
  expect(output).toMatch(/^FAIL +HTTP /m);
  expect(output).toMatch(/^ok +Docker /m);
  expect(code).toBe(1);
  await controls.start();
  await until("the agent is back", async () => (await tokyo.sh("appos-agent status")).code === 0, 90_000);
});

test("appos-agent uninstall removes the agent, and apps run on", async () => {
  const supervisor = tokyo.supervisor();
  const { code, output } = await tokyo.sh("appos-agent uninstall --yes");
  expect(output).toContain("Apps keep running.");
  expect(output).toContain("Remove server tokyo in the console too.");
  expect(code).toBe(0);
  await until("what kept it running has ended", () => !existsSync(`/proc/${supervisor}`));
  expect(existsSync(join(tokyo.prefix, "etc/appos/agent.json"))).toBe(false);
  expect((await tokyo.sh("appos-agent status")).code).toBe(127);
  await until("the console sees it away", async () => (await admin.server("tokyo")).presence === "away");
  const [published] = (await admin.app(shop)).services[0]!.ports;
  expect(await answerAt(published!.hostPort)).toBe("version 1");
  expect(await containersOf(shop)).toHaveLength(1);
});

test("a wrong, a used and an expired token are told apart, and nothing is left behind", async () => {
  const command = await commandFor("kyoto");
  const wrong = await runThere(command.replace(/APPOS_ENROLLMENT_TOKEN=\S+/, "APPOS_ENROLLMENT_TOKEN=enroll_nonsense"));
  expect(wrong.output).toContain("This enrollment token is not known. Copy the whole command from the console again.");
  expect(wrong.code).toBe(1);

  expect((await runThere(command)).code).toBe(0);
  expect((await tokyo.sh("appos-agent uninstall --yes")).code).toBe(0);
  const used = await runThere(command);
  expect(used.output).toContain("This enrollment token has been used already. Make a new one in the console.");
  expect(used.code).toBe(1);

  const late = await commandFor("nara");
  await controls.stop();
  const database = new DatabaseSync(join(controls.dataDir, "appos.db"));
  database.exec("UPDATE enrollments SET expiresAt = 1 WHERE usedAt IS NULL");
  database.close();
  await controls.start();
  const expired = await runThere(late);
  expect(expired.output).toContain("This enrollment token has expired: it was valid for 15 minutes. Make a new one in the console.");
  expect(expired.code).toBe(1);
  for (const { output } of [wrong, used, expired]) expect(output).not.toMatch(/\n\s+at /);
  expect(existsSync(join(tokyo.prefix, "etc/appos/agent.json"))).toBe(false);
  expect(existsSync(join(tokyo.prefix, "opt/appos-agent"))).toBe(false);
});
